"""One partition of the profiles agent, without a broker: facts in, what it publishes out."""

from schemas.codec import dumps, loads
from schemas.topics import PROFILES, REJECTED, SEGMENT_DEFINITIONS, SEGMENTS
from streams.core import profiles
from streams.core.profiles import LATE_MS
from streams.core.segment_book import SegmentBook, segments_line
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work

DAY = 86_400_000
START = 1_700_000_000_000

WARM = """
version: {version}
segments:
  warm:
    all:
      - {{score: engagement, at_least: {least}}}
  lost:
    all: [{{customer: true}}]
    none: [{{active_within: 30d}}]
"""


def warm(version="one", least=50):
    return WARM.format(version=version, least=least)


def score(raw=100.0, at=START, name="engagement", half_life_s=14 * 86_400, version=1, **more):
    fields = {"raw_value": raw, "floor": 0, "ceiling": 100, "half_life_s": half_life_s, "band": "1", "updated_at": at, "stage": "intent"}
    return fact("score", fields | {"version": version} | more, at=at, name=name)


def fact(kind, value=None, *, at=START, subject="c:c1", site="demo", **more):
    return {"site": site, "subject": subject, "fact": kind, "value": value, "at": at} | more


class Partition:
    """Its state and everything it wrote. Every call is a transaction."""

    def __init__(self):
        self.book, self.state, self.meta = SegmentBook(1), PartitionState(), {}
        self.records, self.lines = [], []

    def _commit(self, work):
        self.records += work.out.records
        self.lines += [loads(line) for lines in work.out.lines.values() for line in lines]
        self.state.changes()
        self.state.commit()

    def hear(self, *facts, at=None):
        work = Work(self.state, self.meta)
        arrival = Arrival(at=at or max(fact["at"] for fact in facts))
        profiles.absorb(b"\n".join(map(dumps, facts)), work, rules=self.book, arrival=arrival)
        self._commit(work)

    def publish(self, text, at=START, partition=0):
        work = Work(self.state, self.meta)
        profiles.absorb(segments_line("demo", text, partition=partition, at=at), work, rules=self.book, arrival=Arrival(at=at))
        self._commit(work)
        self.tick(0, behind=True)

    def tick(self, now, *, behind=False):
        more = True
        while more:
            work = Work(self.state, self.meta)
            more = profiles.advance(work, rules=self.book, now_ms=now + LATE_MS, behind=behind)
            self._commit(work)

    def restarted(self):
        """Return the same partition in a new process."""
        other = Partition()
        other.state = PartitionState(list(self.state._stored.items()))
        other.meta = loads(dumps(self.meta))
        return other

    def moves(self, segment="warm"):
        """Return the states of a segment and since when, in order; None for a tombstone."""
        found = [record for record in self.records if record.topic is SEGMENTS and record.key.split(b":")[1] == segment.encode()]
        return [(told["state"], told["since"]) if (told := record.value and loads(record.value)) else None for record in found]

    def last(self, topic=PROFILES):
        """Return what stands on a topic, by key."""
        return {record.key.decode(): record.value and loads(record.value) for record in self.records if record.topic is topic}

    def refused(self):
        return [loads(record.value)["message"] for record in self.records if record.topic is REJECTED]

    def published(self):
        return [loads(record.value)["version"] for record in self.records if record.topic is SEGMENT_DEFINITIONS]
