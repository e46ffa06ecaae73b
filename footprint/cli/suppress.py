"""`footprint customer suppress` and `release`: who has objected, and who has thought better of it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Site = Annotated[str, typer.Option(help="Website.")]
Customer = Annotated[str, typer.Option(help="Customer id, as it is sent.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the collector.")]


def suppress(site: Site, customer: Customer, data_dir: DataDir = None) -> None:
    """Store nothing about a customer from now on: collectors turn their events away within a second. What is stored stays.

    Example: `footprint customer suppress --site demo --customer anna`
    """
    from footprint.settings import current
    from footprint.suppressing import suppress as carry_out

    carry_out(current(data_dir=data_dir), site, [customer])
    print(
        f"Events of customer {customer!r} are turned away on this data folder's collectors. What is stored stays: `customer forget` removes it."
    )


def release(site: Site, customer: Customer, data_dir: DataDir = None) -> None:
    """Store what a suppressed customer does again.

    Example: `footprint customer release --site demo --customer anna`
    """
    from footprint.settings import current
    from footprint.suppressing import release as carry_out

    if not carry_out(current(data_dir=data_dir), site, customer):
        print(f"footprint: nothing of customer {customer!r} was turned away. Check the site and the id.", file=sys.stderr)
        raise typer.Exit(1)
    print(f"Events of customer {customer!r} are taken again.")
