"""The figures of *Overview*: all sessions of a period and of the one before, by channel and day by day, from the rows of one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Row = Mapping[str, Any]

CHANNELS = 12
"""Channels that are shown."""
NOTHING: Row = {"people": 0, "sessions": 0, "engaged": 0.0, "value": 0.0}


@dataclass(frozen=True, slots=True)
class Overview:
    """What the sessions of a period come to. `now` and `before` are empty where there are none; `days` has every day, `channels` those that bring most."""

    now: Row
    before: Row
    days: Sequence[Row]
    channels: Sequence[Row]


def overview(rows: Sequence[Row], first: date, last: date) -> Overview:
    """Return the figures that the rows of `overview_sessions` tell, with each day from the first to the last."""
    halves = {bool(row["before"]): row for row in rows if row["part"] == "all"}
    return Overview(halves.get(False, {}), halves.get(True, {}), _days(rows, first, last), _channels(rows)[:CHANNELS])


def _days(rows: Sequence[Row], first: date, last: date) -> list[Row]:
    found = {row["day"]: row for row in rows if row["part"] == "day" and not row["before"]}
    every = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    return [{**found.get(day, NOTHING), "day": day} for day in every]


def _channels(rows: Sequence[Row]) -> list[Row]:
    halves: dict[bool, dict[str, Row]] = {False: {}, True: {}}
    for row in rows:
        if row["part"] == "channel":
            halves[bool(row["before"])][row["channel"]] = row
    now, before = halves[False], halves[True]
    told = [
        {**now.get(name, NOTHING), "channel": name, "sessions_before": before.get(name, NOTHING)["sessions"]}
        for name in now.keys() | before.keys()
    ]
    return sorted(told, key=lambda row: (-row["sessions"], -row["sessions_before"], row["channel"]))
