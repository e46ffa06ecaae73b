"""The one program, `footprint`: every command, its exit codes and its errors."""

import sys

import typer

from schemas.errors import Misconfigured, Retryable

app = typer.Typer(
    name="footprint",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Capture what people do, in order, into one footprint per customer.",
)


def register() -> None:
    """Add every command module to the program."""


def main() -> None:
    """Run the program: exit 0 done, 1 failed, 2 wrong use."""
    register()
    try:
        app()
    except (Misconfigured, Retryable) as error:
        print(f"footprint: {error}", file=sys.stderr)
        raise SystemExit(1) from None
