"""Whether the line is at rest: nobody reads, and everything that was accepted is absorbed and stored."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from footprint.growing.records import HEADER, Reader
from schemas.errors import Misconfigured
from schemas.topics import EVENTS, PROFILE_FACTS, PROFILES_STATE, SUBJECTS_STATE, TRACKED, TRACKED_GATHERED, VISITORS_STATE
from sinks.core.feeds import TOPICS
from sinks.kafka import GROUP
from streams.app import APPLICATION, PROFILES_APPLICATION
from streams.faust_exact.changelog import MARKER, decode_marker

SOURCES = (
    (EVENTS.name, VISITORS_STATE.name, "streams"),
    (TRACKED.name, SUBJECTS_STATE.name, "streams"),
    (TRACKED.name, TRACKED_GATHERED.name, "profiles"),
    (PROFILE_FACTS.name, PROFILES_STATE.name, "profiles"),
)
LEAVE_S = 45.0
"""Workers are missed by their group this long after they ended (static membership)."""
EMPTY = ("Empty", "Dead")


async def require_rest(admin: Any, reader: Reader, counts: Mapping[str, int]) -> None:
    """Raise Misconfigured, with what to do, unless streams and sinks have stopped and left nothing.

    `counts` are the partitions of every topic.
    """
    for group, part in ((APPLICATION, "streams"), (PROFILES_APPLICATION, "profiles"), (GROUP, "sinks")):
        await _require_left(admin, group, part)
    for source, state, part in SOURCES:
        for number in range(counts[source]):
            found = (await reader.latest(state, number)).get(MARKER) if number < counts[state] else None
            await _require_read(reader, source, number, (decode_marker(found).offset if found else -1) + 1, part)
    committed = await admin.list_consumer_group_offsets(GROUP)
    for topic in TOPICS:
        for number in range(counts[topic]):
            place = committed.get(TopicPartition(topic, number))
            await _require_read(reader, topic, number, place.offset if place else 0, "sinks")


async def _require_left(admin: Any, group: str, part: str) -> None:
    until = time.monotonic() + LEAVE_S
    while (state := await _state_of(admin, group)) not in EMPTY:
        if time.monotonic() > until:
            raise Misconfigured(f"The {part} are running (group {group} is {state}). Stop all of them, then run this again.")
        await asyncio.sleep(1.0)


async def _state_of(admin: Any, group: str) -> str:
    (answer,) = await admin.describe_consumer_groups([group])
    state: str = answer.groups[0][2]
    return state


async def _require_read(reader: Reader, topic: str, number: int, first: int, part: str) -> None:
    async for record in reader.records(topic, number, first):
        if HEADER not in tuple(record.headers):
            raise Misconfigured(
                f"{topic}, partition {number}, has records that the {part} have not done. Start streams and sinks, wait until their lag is 0, "
                "stop them (SIGTERM) in this order, and run this again."
            )
