"""`footprint plan`: check a tracking plan, or propose one from what was stored."""

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

import typer

SEEN = """
SELECT if(name = '', kind, name) AS event, toJSONString(props) AS props FROM events
WHERE site = {site:String} AND event_time > subtractDays(now64(3), {days:UInt32})
ORDER BY received_at DESC LIMIT 1000 BY event
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Tracking plans: what the properties of events must look like.", no_args_is_help=True)
    group.command("check")(check)
    group.command("infer")(infer)
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


def infer(
    site: Annotated[str, typer.Option(help="Website.")],
    days: Annotated[int, typer.Option(help="Look at the events of so many days.", min=1)] = 30,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started for this.")] = None,
) -> None:
    """Propose a plan that the newest 1,000 stored events of each name follow, as YAML. Read it before using it.

    Example: `footprint plan infer --site shop > plan.yaml`
    """
    import yaml

    from footprint import plans
    from footprint.asking import analyst_store
    from footprint.settings import current

    with analyst_store(current(data_dir=data_dir)) as store:
        rows = store.dicts(SEEN, {"site": site, "days": days})
    if not rows:
        print(f"footprint: site {site!r} has stored no event in {days} days. Name another site, or more --days.", file=sys.stderr)
        raise typer.Exit(1)
    proposed = plans.infer((row["event"], jsonlib.loads(row["props"])) for row in rows)
    print(yaml.safe_dump(proposed, sort_keys=False, allow_unicode=True), end="")
