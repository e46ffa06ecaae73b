"""The one program, `footprint`: every command, its exit codes and its errors."""

import importlib
import sys

import typer

from schemas.errors import Misconfigured, Retryable

app = typer.Typer(
    name="footprint",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Capture what people do, in order, into one footprint per customer.",
)

COMMANDS = ("up", "collector", "streams", "sink", "console", "migrate", "topics", "doctor", "sql", "importing", "customer", "keys", "plan")
"""Modules of this package, in the order of `footprint --help`; each adds its commands in `register(app)`."""


def register() -> typer.Typer:
    """Add every command to the program and return it."""
    if not app.registered_commands and not app.registered_groups:
        for name in COMMANDS:
            importlib.import_module(f"footprint.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the program: exit 0 done, 1 failed, 2 wrong use."""
    register()
    try:
        app()
    except (Misconfigured, Retryable) as error:
        print(f"footprint: {error}", file=sys.stderr)
        raise SystemExit(1) from None
