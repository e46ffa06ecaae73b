"""What the migrations make, read from their files: the same for every layout of the store."""

import re
from collections.abc import Iterator
from pathlib import Path

from clickhouse_migrations.migrator import Migrator
from clickhouse_migrations.substitution import substitute

from sinks.core.shards import Layout, over_all

FOLDER = Path(__file__).parent / "migrations"
TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)")
VIEW = re.compile(r"CREATE OR REPLACE VIEW (\w+) *\$\{ON_CLUSTER\} *AS\b(.*)", re.DOTALL)


def file_of(number: int) -> Path:
    """Return the file of a version."""
    return next(FOLDER.glob(f"{number:04d}_*.sql"))


def numbers() -> list[int]:
    """Return every version in the order in which they are applied; a number may be left out."""
    return sorted(int(path.name[:4]) for path in FOLDER.glob("*.sql"))


def newest() -> int:
    """Return the version that this program brings a store to."""
    return numbers()[-1]


def statements(number: int, layout: Layout) -> str:
    """Return what a version runs in a store of this layout."""
    path = file_of(number)
    text: str = substitute(path.read_text("utf-8"), layout.placeholders, path.name)
    return text


def tables(to: int) -> list[str]:
    """Return the tables of a version, in the order in which they are made."""
    return list(dict.fromkeys(match[1] for text in _scripts(to) if (match := TABLE.search(text))))


def views(to: int) -> dict[str, str]:
    """Return the views of a version with the newest query of each, in the order in which they are made."""
    return {match[1]: match[2].strip() for text in _scripts(to) if (match := VIEW.search(text))}


def spread(layout: Layout, database: str, to: int) -> list[str]:
    """Return the statements that make the database over all shards of a version; none where there is one node."""
    return over_all(layout, database, tables(to), views(to)) if layout.cluster else []


def _scripts(to: int) -> Iterator[str]:
    for path in sorted(FOLDER.glob("*.sql")):
        if int(path.name[:4]) <= to:
            yield from Migrator.script_to_statements(path.read_text("utf-8"), multi_statement=True)
