"""Commands as the program itself would read them, without running them."""

from collections.abc import Sequence
from typing import Any

import typer

from footprint import cli


def parsed(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options of a command; raises what the program would refuse the command with."""
    command: Any = typer.main.get_command(cli.register())
    context, rest = None, list(arguments)
    while True:
        context = command.make_context(rest[0] if rest else "footprint", rest if context is None else rest[1:], parent=context)
        if not hasattr(command, "commands"):
            return dict(context.params)
        rest = [*context._protected_args, *context.args]
        command = command.commands[rest[0]]
