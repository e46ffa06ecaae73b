"""A timeline told in chapters: sessions, each with what it came to, and what happened outside of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]

TOLD = {
    "page_view": ("1 page", "{} pages"),
    "click": ("1 click", "{} clicks"),
    "form_submit": ("a form sent", "{} forms sent"),
    "chat_message": ("a chat message", "{} chat messages"),
    "email_open": ("an e-mail opened", "{} e-mails opened"),
    "email_click": ("a click in an e-mail", "{} clicks in e-mails"),
    "purchase": ("a purchase", "{} purchases"),
    "refund": ("a refund", "{} refunds"),
    "task": ("a step of a task", "{} steps of tasks"),
}
"""What a chapter is summed up by, in this order."""

UNTOLD = frozenset({"engagement"})
"""Kinds that are counted into the time of a chapter, and are no lines of it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events of one session, or of one day outside of sessions (`session` is empty). Rows are in the order they happened."""

    session: str
    rows: Sequence[Row]

    @property
    def began(self) -> datetime:
        """When its first event happened."""
        return self.rows[0]["event_time"]  # type: ignore[no-any-return] # a column of times

    @property
    def lasted(self) -> timedelta:
        """From its first event to its last."""
        return self.rows[-1]["event_time"] - self.began  # type: ignore[no-any-return] # a column of times

    @property
    def lines(self) -> list[Row]:
        """The rows that are told."""
        return [row for row in self.rows if row["kind"] not in UNTOLD]

    @property
    def engaged_s(self) -> float:
        """Engaged time, seconds."""
        return float(sum(row["engaged_ms"] for row in self.rows if row["kind"] in UNTOLD)) / 1000

    @property
    def channel(self) -> str:
        """The channel it came by, empty when it has none."""
        return next((row["channel"] for row in self.rows if row["channel"] not in ("", "internal")), "")

    @property
    def machine(self) -> bool:
        """True when no row is a human's."""
        return all(row["traffic"] != "human" for row in self.rows)

    @property
    def summary(self) -> str:
        """What it came to, in a few words."""
        counted = Counter(row["kind"] for row in self.rows)
        parts = [(one if counted[kind] == 1 else many).format(counted[kind]) for kind, (one, many) in TOLD.items() if counted[kind]]
        others = sum(counted[kind] for kind in counted if kind not in TOLD and kind not in UNTOLD)
        if others:
            parts.append(f"{others} more" if parts else f"{others} events" if others > 1 else "1 event")
        return ", ".join(parts) or "time on a page"


def woven(events: Sequence[Row], others: Iterable[Row], *, full: int) -> list[Row]:
    """Return events and other rows in one, newest first. A page of `full` events has more before it: rows from there are for the next page."""
    since = events[-1]["event_time"] if len(events) == full else None
    beside = [row for row in others if since is None or row["event_time"] >= since]
    return sorted([*events, *beside], key=lambda row: row["event_time"], reverse=True)


def chapters(newest_first: Iterable[Row]) -> list[Chapter]:
    """Return the chapters of a timeline, those that ended last first. A session is one chapter also where something else happened in between."""
    found: dict[str, list[Row]] = {}
    for row in newest_first:
        name = row["session_id"] or f"day {row['event_time'].date().isoformat()}"
        found.setdefault(name, []).append(row)
    return [Chapter("" if name.startswith("day ") else name, rows[::-1]) for name, rows in found.items()]
