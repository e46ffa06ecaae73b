"""What becomes of one line of an imported file, as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.rejections import Reason


class Form(StrEnum):
    """How the lines of a file are written."""

    COMBINED = "combined"
    COMMON = "common"
    NDJSON = "ndjson"
    SEGMENT_NDJSON = "segment-ndjson"


class Skip(StrEnum):
    """Why a readable line is nobody's event (docs/semantics.md, section 11)."""

    METHOD = "method"
    STATUS = "status"
    ASSET = "asset"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Ready:
    """A line that is an event: the message for the collector, its id and its visitor ("" when it has none)."""

    event_id: str
    visitor_id: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A readable line that is not an event."""

    why: Skip


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be read: it goes to the rejected topic under its own id."""

    event_id: str
    reason: Reason
    message: str
    original: str


Outcome = Ready | Skipped | Broken
