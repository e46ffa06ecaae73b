"""External data: tables that come as files of a form, and are there for that request's query only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from footprint.local.clickhouse.engine import Handle
from footprint.local.clickhouse.lexer import Unreadable, tokens
from footprint.local.clickhouse.statements import SETTING, Insert, identifier, literal

EXPRESSIONS = frozenset({"DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL"})
SPACES = str.maketrans("\t\r\n", "   ")
SUFFIXES = ("_structure", "_types", "_format")


class NoTable(ValueError):
    """A file of the form does not say what table it is. The message ends with what to do."""


@dataclass(frozen=True, slots=True)
class External:
    """One table: `structure` as a CREATE TABLE would list its columns."""

    name: str
    structure: str
    format: str
    rows: bytes


def external_tables(files: Mapping[str, bytes], parameters: dict[str, str]) -> tuple[External, ...]:
    """Return the tables of a form, and take what describes them out of the parameters; raises NoTable."""
    return tuple(_table(name, rows, parameters) for name, rows in files.items())


def _table(name: str, rows: bytes, parameters: dict[str, str]) -> External:
    structure, types, form = (parameters.pop(name + suffix, "") for suffix in SUFFIXES)
    if types and not structure:
        structure = ", ".join(f"_{number} {one}" for number, one in enumerate(_split(types), 1))
    structure = structure.translate(SPACES)
    if not SETTING.fullmatch(name) or not structure:
        raise NoTable(f"The file {name!r} is no table. Name it as a table, and send {name}_structure with its columns.")
    _refuse_expressions(name, structure)
    return External(name, structure, form or "TabSeparated", rows)


def _split(types: str) -> Iterator[str]:
    """Yield the types of a list: a comma inside brackets separates nothing."""
    depth = began = 0
    for at, sign in enumerate(types):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield types[began:at]
            began = at + 1
    yield types[began:]


def _refuse_expressions(name: str, structure: str) -> None:
    """Refuse columns that compute something: an expression here would be run past the rules for statements."""
    try:
        words = {token.word() for token in tokens(structure)}
    except Unreadable as error:
        raise NoTable(f"The columns of {name} have {error}. Write names and types only.") from None
    if words & EXPRESSIONS or "\\" in structure:  # a backslash could hide a name's end
        raise NoTable(f"The columns of {name} are more than names and types. Write names and types only.")


def place(handle: Handle, tables: tuple[External, ...]) -> None:
    """Put the tables on a connection; it must still be allowed to write."""
    for table in tables:
        described = handle.lines(f"DESCRIBE format(TSV, {literal(table.structure)}, '')")
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind, *_ in (line.split("\t") for line in described))
        handle.command(f"CREATE TEMPORARY TABLE {identifier(table.name)} ({columns})")
        if table.rows:
            handle.insert(Insert(identifier(table.name), table.format, table.rows))


def remove(handle: Handle, tables: tuple[External, ...]) -> None:
    """Take the tables from a connection that is used again."""
    for table in tables:
        handle.command(f"DROP TEMPORARY TABLE IF EXISTS {identifier(table.name)}")
