"""What the streams are fed with: small events for the yardsticks, the demo's days for the product's own agents."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.streams.rig import PARTITIONS, Records
from collector.core.accept import Accepted, accept
from collector.core.drafts import Arrival
from collector.core.sites import SiteRules
from footprint.demo.day import day_of
from schemas.codec import dumps, loads, parse_time, partition_of

SITE = "bench"
SMALL_BYTES = 205
VISITORS = 20_000
DAYS = 6
"""Demo days from different seeds; more visitors are copies of theirs under other names."""


def small_events(number: int, *, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield visitor and JSON of small events, as stream processors are compared with."""
    chosen = random.Random(seed)
    for at in range(number):
        visitor = f"v{chosen.randrange(VISITORS)}"
        event = {"i": at, "v": visitor, "s": f"s{chosen.randrange(8_000)}", "x": chosen.randrange(1, 1000), "t": 1_790_000_000_000 + at}
        bare = len(dumps(event | {"u": ""}))
        yield visitor, dumps(event | {"u": "x" * (SMALL_BYTES - bare)})


def small_records(number: int, per: int, *, seed: int = 1) -> Records:
    """Return small events in records of `per`."""
    return list(packed(small_events(number, seed=seed), per))


def tiny_records(number: int, per: int) -> Records:
    """Return the events of the experiment's two tiny folds: 75 bytes each."""
    chosen = random.Random(2)
    events = (
        (f"v{visitor}", dumps({"i": at, "v": f"v{visitor}", "s": f"s{visitor * 2 // 5}", "x": at % 999 + 1, "t": 1_790_000_000.5 + at}))
        for at in range(number)
        for visitor in (chosen.randrange(VISITORS),)
    )
    return list(packed(events, per))


def packed(events: Iterator[tuple[str, bytes]], per: int) -> Iterator[tuple[int, bytes | None, bytes]]:
    """Yield NDJSON records of `per` events of one partition; a single event has its owner as the key."""
    held: dict[int, list[bytes]] = defaultdict(list)
    for owner, line in events:
        partition = partition_of(SITE, owner, PARTITIONS)
        held[partition].append(line)
        if len(held[partition]) == per:
            yield partition, owner.encode() if per == 1 else None, b"\n".join(held.pop(partition))
    for partition, lines in held.items():
        yield partition, None, b"\n".join(lines)


@dataclass(frozen=True, slots=True)
class Days:
    """Accepted events of some demo days, in the order of their arrival."""

    events: list[dict[str, Any]]

    def records(self, copies: range, per: int) -> Records:
        """Return the events of so many copies of the days, each with visitors of its own, in records of `per`."""
        return list(packed(self._copied(copies), per))

    def _copied(self, copies: range) -> Iterator[tuple[str, bytes]]:
        for event in self.events:
            for copy in copies:
                own = event | {"event_id": f"{copy:08x}{event['event_id'][8:]}"}
                own |= {name: f"{event[name]}-{copy}" for name in ("visitor_id", "customer_id") if event.get(name)}
                yield own.get("visitor_id") or own["customer_id"], dumps(own)


def days(end_ms: int) -> Days:
    """Return the demo's days that end at `end_ms`, as the collector accepts them."""
    found = []
    for seed in range(DAYS):
        for post in day_of(seed, end_ms):
            found += [_accepted(message, post.library) for message in post.messages]
    return Days(sorted(found, key=lambda event: event["received_at"]))


def _accepted(message: dict[str, Any], library: str) -> dict[str, Any]:
    arrival = Arrival(SiteRules(SITE), 0, address="203.0.113.9", own_device=library != "analytics-python")
    accepted = accept(message, arrival, index=0, new_id=lambda: "")
    assert isinstance(accepted, Accepted), accepted
    event = loads(accepted.encoded)
    at = parse_time(message["timestamp"]) or 0
    return event | {"received_at": at + 80, "sent_at": at + 20}
