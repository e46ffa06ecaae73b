"""Reading a line of the tracked topic: apart from its types, which must not be compiled."""

from streams.core.reading import KINDS
from streams.core.tracked_line import CONTROL_FIELDS, CONTROLS, UNREADABLE, Line, decode


def read_line(encoded: bytes) -> Line | None:
    """Return the fields of a line, None when it is neither a tracked event nor a line of control."""
    try:
        line: Line = decode(encoded)  # type: ignore[assignment]  # a TypedDict is a dict, whose fields models name
    except UNREADABLE:
        return None
    if line["kind"] not in KINDS:
        return None
    if "control" not in line:
        return line
    return line if line["control"] in CONTROLS and all(name in line for name in CONTROL_FIELDS) else None
