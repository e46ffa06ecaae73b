"""A caller's loosely typed value becomes the type that is stored, or None: null, "" and nonsense are all absent."""

import math
from typing import Any

MAX_TEXT = 8192
"""Characters kept of one text: longer than any URL a browser sends, short enough for a table."""


def first(*values: Any) -> Any:
    """Return the first value that is present; null and "" are not."""
    for value in values:
        if value is not None and value != "":
            return value
    return None


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Return a text, cut to `limit` characters. A number is its digits; everything else is absent."""
    if isinstance(value, str):
        return value[:limit] or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:limit]
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    return None


def number(value: Any) -> float | None:
    """Return a finite number, also from its digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def whole(value: Any, *, most: int) -> int | None:
    """Return a whole number between 0 and `most`; what lies outside is moved to the nearest end."""
    read = number(value)
    return None if read is None else int(min(max(read, 0), most))


def moment(value: Any) -> str | float | None:
    """Return a client's time as it was sent; the streams read it."""
    if isinstance(value, str):
        return value if 0 < len(value) <= 64 else None
    return None if value is None else number(value)


def mapping(value: Any) -> dict[str, Any]:
    """Return an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}
