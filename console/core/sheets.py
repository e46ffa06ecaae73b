"""Rows as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is computed by spreadsheets; what people sent must never be. (OWASP, CSV injection, read 2026-11)"""


def sheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return the rows as lines, without a head."""
    written = io.StringIO()
    csv.writer(written).writerows([cell(row[name]) for name in columns] for row in rows)
    return written.getvalue()


def head(columns: Sequence[str]) -> str:
    """Return the line of the columns' names."""
    return ",".join(columns) + "\r\n"


def cell(value: Any) -> str:
    """Return a value as text: times in UTC, lists and maps as JSON, and a quote before what a spreadsheet would compute."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool) or not isinstance(value, (str, list, tuple, dict)):
        return "" if value is None else str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{text}" if text.startswith(FORMULA) else text
