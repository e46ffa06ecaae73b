"""The one program, `footprint`: every command, its exit codes and its errors."""

import importlib
import logging
import sys
from typing import Annotated

import typer

from schemas.errors import Misconfigured, Retryable

app = typer.Typer(
    name="footprint",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

COMMANDS = (
    "up",
    "collector",
    "streams",
    "profiles",
    "sink",
    "webhooks",
    "console",
    "migrate",
    "topics",
    "doctor",
    "sql",
    "importing",
    "rebuild",
    "backup",
    "customer",
    "tasks",
    "email",
    "keys",
    "users",
    "plan",
    "rules",
    "segments",
    "deploy",
)
"""Modules of this package, in the order of `footprint --help`; each adds its commands in `register(app)`."""


def _tell_version(asked: bool) -> None:
    if asked:
        import importlib.metadata

        print(f"footprint {importlib.metadata.version('footprint')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_tell_version, is_eager=True)] = False,
) -> None:
    """Capture what people do, in order, into one footprint per customer.

    Start with: `footprint up`
    """


def register() -> typer.Typer:
    """Add every command to the program and return it."""
    if not app.registered_commands and not app.registered_groups:
        for name in COMMANDS:
            importlib.import_module(f"footprint.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the program: exit 0 done, 1 failed, 2 wrong use."""
    register()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # commands say themselves what is wrong; parts set up a log of their own
    try:
        app()
    except (Misconfigured, Retryable) as error:
        print(f"footprint: {error}", file=sys.stderr)
        raise SystemExit(1) from None
