"""`footprint plan`: check a tracking plan, or propose one from what was stored; what is published is in plan_published.py."""

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from footprint.cli import plan_client, plan_published

SEEN = """
SELECT if(name = '', kind, name) AS event, toJSONString(props) AS props FROM events
WHERE site = {site:String} AND event_time > subtractDays(now64(3), {days:UInt32})
ORDER BY received_at DESC LIMIT 1000 BY event
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Tracking plans: what the properties of events must look like.", no_args_is_help=True)
    group.command("check")(check)
    group.command("infer")(infer_plan)
    plan_published.register(group)
    plan_client.register(group)
    app.add_typer(group, name="plan")


def check(
    file: Annotated[Path, typer.Argument(help="The plan, YAML or JSON.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether a plan can be used; exit 1 and its first mistake when not.

    Example: `footprint plan check plan.yaml`
    """
    from footprint import plans

    plan = plans.load(file)
    modes = {name: rule.mode for name, rule in sorted(plan.rules.items())}
    if json:
        print(jsonlib.dumps({"events": modes, "unplanned": plan.unplanned}))
    else:
        print(f"ok: {len(modes)} events, unplanned ones {plan.unplanned}")


def infer_plan(
    site: Annotated[str, typer.Option(help="Website.")],
    days: Annotated[int, typer.Option(help="Look at the events of so many days.", min=1)] = 30,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started for this.")] = None,
) -> None:
    """Propose a plan that the newest 1,000 stored events of each name follow, as YAML. Read it before using it.

    Where a plan is published, the proposal is that plan with the events and properties added that it does not name.

    Example: `footprint plan infer --site shop > plan.yaml`
    """
    from collector.core.published_plans import parsed
    from console.core.proposals import as_yaml, infer, laid_over
    from footprint.asking import analyst_store
    from footprint.plans import Shelf
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    with analyst_store(settings) as store:
        rows = store.dicts(SEEN, {"site": site, "days": days})
    if not rows:
        print(f"footprint: site {site!r} has stored no event in {days} days. Name another site, or more --days.", file=sys.stderr)
        raise typer.Exit(1)
    proposed = infer((row["event"], jsonlib.loads(row["props"])) for row in rows)
    held = Shelf(settings).current(site)
    print(as_yaml(laid_over(parsed(held.text), proposed) if held else proposed), end="")
