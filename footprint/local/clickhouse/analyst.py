"""What the analyst may run: reading statements, within limits, that reach no file, no network and no other query.

The engine's `readonly = 1` refuses writes and most table functions, but still writes INTO OUTFILE, reads files through
the scalar function `file` and through DESCRIBE, and kills queries; these rules close that.
"""

from collections.abc import Iterable
from itertools import pairwise

from footprint.local.clickhouse.lexer import Form, Token, Unreadable, tokens

READING = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"})

SAFE_TABLE_FUNCTIONS = frozenset(
    {
        "format",
        "generaterandom",
        "generateseries",
        "generate_series",
        "null",
        "numbers",
        "numbers_mt",
        "primes",
        "values",
        "view",
        "zeros",
        "zeros_mt",
    }
)
"""Table functions that make their rows themselves. Every other one of the engine is refused."""

ALWAYS_BLOCKED = frozenset({"file", "python", "addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle"})
"""Functions refused whether or not this engine has them."""

LIMITS = {"max_execution_time": 30, "max_memory_usage": 600_000_000, "max_threads": 2}
"""What one query of the analyst may use: seconds, bytes, threads."""

CAPPED = frozenset({"max_execution_time", "max_memory_usage"})
FREE = frozenset({"max_result_rows", "max_result_bytes", "result_overflow_mode", "max_block_size", "join_use_nulls", "final"})
FREE_PREFIXES = ("output_format_", "date_time_output_format")


class Refused(Exception):
    """The analyst may not do this. The message ends with what to do."""


def blocked_functions(table_functions: Iterable[str], functions: Iterable[str]) -> frozenset[str]:
    """Return, in lower case, the functions of an engine that the analyst may not call, given the names of all it has."""
    reaching = {name.lower() for name in table_functions} - SAFE_TABLE_FUNCTIONS
    return ALWAYS_BLOCKED | reaching | {name.lower() for name in functions if _asks_a_model(name)}


def _asks_a_model(name: str) -> bool:
    """True for `aiGenerate`, `AIEmbed` and the like: they send what they are given to another machine."""
    return name.startswith("AI") or (name.startswith("ai") and name[2:3].isupper())


def refuse_unless_reading(statement: str, blocked: frozenset[str]) -> None:
    """Raise Refused unless the statement is a single one that only reads and calls none of the blocked functions."""
    try:
        found = list(tokens(statement))
    except Unreadable as error:
        raise Refused(f"The statement has {error}. Write plain quotes and no heredoc.") from None
    first = next((token.word() for token in found if token.text != "("), "")
    if first not in READING:
        raise Refused("The analyst only reads. Use SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS.")
    for token, following in pairwise(found):
        _refuse_pair(token, following, blocked)


def _refuse_pair(token: Token, following: Token, blocked: frozenset[str]) -> None:
    if token.text == ";" and token.form is Form.SIGN:
        raise Refused("Only one statement is run. Send the others by themselves.")
    if token.word() == "INTO" and following.word() == "OUTFILE":
        raise Refused("INTO OUTFILE writes a file on the server. Take the result from the answer.")
    if token.names and following.text == "(" and token.text.lower() in blocked:
        raise Refused(f"The function {token.text} is not for the analyst. Query the views of the database.")


def limited(wanted: dict[str, str]) -> dict[str, str]:
    """Return the settings of a query of the analyst: the limits, and those wanted that only shape or shrink the result.

    Raises Refused for any other setting.
    """
    settings = {name: str(limit) for name, limit in LIMITS.items()}
    for name, value in wanted.items():
        if name in CAPPED:
            settings[name] = str(_capped(name, value))
        elif name in FREE or name.startswith(FREE_PREFIXES):
            settings[name] = value
        elif name not in LIMITS:
            raise Refused(f"The analyst cannot change the setting {name}. Leave it out.")
    return settings


def _capped(name: str, value: str) -> int:
    limit = LIMITS[name]
    number = int(value) if value.isdigit() else limit
    return min(number, limit) if number > 0 else limit  # 0 would mean: no limit
