"""What the analyst may run: reading statements, within limits, that reach no file, no network and no other query.

The engine's `readonly = 1` refuses writes and most table functions, but still writes INTO OUTFILE, reads files through
the scalar function `file` and through DESCRIBE, and kills queries; these rules close that.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from footprint.local.clickhouse.lexer import Form, Token, Unreadable, tokens

SYSTEM = "system"
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

ALWAYS_BLOCKED = frozenset(
    {
        "file", "python", "addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle", "catboostevaluate", "modelevaluate",
        "getclienthttpheader", "getmacro", "getserversetting", "logtrace", "reversednsquery", "showcertificate",
    }
)  # fmt: skip
"""Functions refused whether or not this engine has them."""

SYSTEM_TABLES = frozenset(
    {
        "aggregate_function_combinators", "codecs", "collations", "columns", "completions", "constraints", "data_skipping_index_types",
        "data_skipping_indices", "data_type_families", "database_engines", "databases", "documentation", "formats", "functions", "keywords",
        "merge_tree_settings", "numbers", "numbers_mt", "one", "primes", "settings", "table_engines", "table_functions", "tables",
        "time_zones", "zeros", "zeros_mt",
    }
)  # fmt: skip
"""What clients ask to complete names and to read types. The other ones tell of files, disks, users and other queries."""

SHOWN = frozenset(
    {
        "CHANGED", "COLUMNS", "CREATE", "DATABASES", "EXTENDED", "FIELDS", "FULL", "FUNCTIONS", "INDEX", "INDEXES", "INDICES", "KEYS",
        "SETTING", "SETTINGS", "TABLE", "TABLES",
    }
)  # fmt: skip
"""What may stand after SHOW."""

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
    """Raise Refused unless the statement is a single one that only reads, and calls none of the blocked functions."""
    try:
        found = list(tokens(statement))
    except Unreadable as error:
        raise Refused(f"The statement has {error}. Write plain quotes and no heredoc.") from None
    words = [token.word() for token in found if token.text != "("]
    if not words or words[0] not in READING:
        raise Refused("The analyst only reads. Use SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS.")
    if words[0] == "SHOW" and words[1:2] and words[1] not in SHOWN:
        raise Refused(f"The analyst cannot see {words[1] or 'that'}. Use SHOW with tables, columns, databases, functions or settings.")
    for token, following in pairwise(found):
        _refuse_pair(token, following, blocked)
    for token, dot, following in zip(found, found[1:], found[2:], strict=False):
        if _is_system(token) and dot.text == "." and following.text.lower() not in SYSTEM_TABLES:
            raise Refused(f"The table system.{following.text} is not for the analyst. Query the views of the database.")


def refuse_hidden_names(statement: str, database: str, values: Iterable[str]) -> None:
    """Raise Refused when the current database, or a name given as a parameter, leads to the tables of `system`."""
    if database.lower() == SYSTEM:
        raise Refused("The database system is not for the analyst. Name its table in full.")
    if re.search(r":\s*Identifier\b", statement, re.IGNORECASE) and any(SYSTEM in value.lower() for value in values):
        raise Refused("The analyst cannot name the database system in a parameter. Write the name into the statement.")


def _is_system(token: Token) -> bool:
    return token.names and token.text.lower() == SYSTEM


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
