"""Lines that footprint itself writes among events: whose they are, and whether they can be read."""

from collections.abc import Mapping
from typing import Any

from schemas.codec import loads, subject_of

Line = dict[str, Any]

CONTROL: bytes = b'{"control":'
"""How most lines begin that are no events: what none of them is, need not be looked at further."""


def read_line(encoded: bytes, types: Mapping[str, type]) -> Line | None:
    """Return the fields of a line that names an owner; None when it lacks one of these fields, or is not readable."""
    try:
        line = loads(encoded)
    except ValueError:
        return None
    readable = all(type(line.get(name)) is wanted for name, wanted in types.items())
    return line if readable and (line["visitor_id"] or line["customer_id"]) else None


def ids_of(owner: str) -> dict[str, str]:
    """Return the fields of a line that name its owner, `v:` + visitor or `c:` + customer."""
    visitor = owner.startswith("v:")
    return {"visitor_id": owner[2:] if visitor else "", "customer_id": "" if visitor else owner[2:]}


def owner_of(line: Line) -> str:
    """Return whose line it is: a visitor's also where it names the customer that the visitor has become."""
    return subject_of("", line["visitor_id"]) if line["visitor_id"] else subject_of(line["customer_id"], "")
