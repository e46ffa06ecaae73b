"""`footprint customer export` and `forget`: what is held about a person, and its end."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

Site = Annotated[str, typer.Option(help="Website.")]
Customer = Annotated[str, typer.Option(help="Customer id.")]


def export(
    site: Site,
    customer: Customer,
    out: Annotated[Path | None, typer.Option(help="File to write; not given: standard output.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started.")] = None,
) -> None:
    """Write everything that is held about a customer as one JSON object: every row of every table that names them.

    `profile` is their row of `customers`, which follows an event within seconds.

    Example: `footprint customer export --site demo --customer anna --out anna.json`
    """
    from footprint.asking import analyst_store
    from footprint.settings import current
    from sinks.clickhouse import persons

    with analyst_store(current(data_dir=data_dir)) as store:
        person = persons.find(store, site, customer)
        held = persons.held(store, person)
        profile = store.dicts(
            "SELECT * FROM customers WHERE site = {site:String} AND customer_id = {customer:String}", {"site": site, "customer": customer}
        )
    if not any(held.values()):
        print(
            f"footprint: site {site!r} holds nothing about customer {customer!r}. See the view `customers` for who is known.",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    whole = {"site": site, "customer": customer, "visitors": person.visitors, "profile": profile[0] if profile else None, **held}
    text = json.dumps(whole, default=str, ensure_ascii=False, indent=2)
    if out is None:
        print(text)
    else:
        out.touch(0o600)
        out.write_text(text + "\n", "utf-8")


def forget(
    *,
    site: Site,
    customer: Customer,
    wait: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for streams and sink to follow.")] = 120.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Erase a customer and every visitor of theirs, and store nothing about them again. It cannot be undone.

    A proof without their ids stays in `erasures`. Copies in Kafka go by retention; the proof says by when.

    Example: `footprint customer forget --site demo --customer anna`
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from footprint.forgetting import forget as carry_out
    from footprint.settings import current

    if sys.stdin.isatty() and not yes:
        typer.confirm(f"Erase everything about customer {customer!r} of site {site!r}?", abort=True)
    erasure = carry_out(current(data_dir=data_dir), site, customer, wait_s=wait, tell=lambda text: print(text, file=sys.stderr))
    until = datetime.fromtimestamp(erasure.kafka_until_ms / 1000, UTC)
    if as_json:
        print(json.dumps(asdict(erasure), indent=2))
    else:
        print(f"{sum(erasure.removed.values())} rows of {len(erasure.removed)} tables removed; proof {erasure.who}")
        print(f"copies in Kafka are gone by {until:%Y-%m-%d %H:%M} UTC")
        if erasure.backups:
            print(f"still in these backups, until you delete them: {', '.join(erasure.backups)}; a restore would erase them again")
    if not erasure.complete:
        print("footprint: streams or sink did not follow in time. Start them and run the same command again.", file=sys.stderr)
        raise typer.Exit(1)
