"""`kill -9` of the streams under load, on poison too: topics and state equal one pass of the pure cores over the same log.

The long form, with every fault and an undisturbed run to compare with, is `make chaos PART=streams`.
"""

import asyncio
import random
from collections import Counter
from importlib import resources

import pytest

from schemas.codec import dumps, loads
from schemas.topics import EVENTS, REJECTED, SCORE_CHANGES, SCORES, SESSIONS, SIGNALS, SUBJECTS_STATE, TRACKED, VISITORS_STATE
from streams.core import subjects, visitors
from streams.core.layout import read
from streams.core.publishing import model_line
from streams.core.rulebook import ModelTexts, read_book
from streams.core.rules import SiteRules, VisitorRules
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work
from streams.faust_exact.changelog import MARKER
from tests.chaos.streams_compare import differences, untimed_subjects, untimed_visitors
from tests.streams.conftest import PARTITIONS
from tests.streams.test_agents import MAILED, event, view

pytestmark = pytest.mark.kafka

SITE = "killed"
SITES = {MAILED: SiteRules(link_by_mail=True)}
"""Settings of the sites of other tests on these topics. The scores of that site are not compared: between two records the clock may judge a hit
of an e-mail, which then counts in two steps, and a fold over the log has no clock."""
PATHS = ("/", "/pricing", "/docs", "/blog/a", "/plans")
POISON = b"\xff{not json"
MODELS = resources.files("streams") / "models"


def visit(number, chosen):
    """A few events of one visitor; every fifth visitor says who they are, one batch in ten is sent twice."""
    visitor = f"v{chosen.randrange(30)}"
    events = [view(SITE, visitor, chosen.choice(PATHS), chosen.random() * 20) for _ in range(3)]
    if int(visitor[1:]) % 5 == 0:
        events.append(event(SITE, "identify", visitor_id=visitor, customer_id=f"c{int(visitor[1:]) % 3}", minutes_ago=chosen.random()))
    return events * 2 if number % 10 == 0 else events


def arrival_of(record):
    headers = dict(record.headers)
    watermark = int(headers["wm"]) if "wm" in headers else None
    return Arrival(record.timestamp, headers.get("from", b"").decode(), watermark)


class Fold:
    """The pure cores over a log, partition by partition."""

    def __init__(self, core, rules, records):
        self.lines, self.records, self.state = Counter(), [], {}
        for partition in range(PARTITIONS):
            state, meta = PartitionState(), {}
            for record in [record for record in records if record.partition == partition]:
                self._step(
                    state, meta, lambda work, record=record: core.absorb(record.value, work, rules=rules, arrival=arrival_of(record))
                )
            self._step(state, meta, lambda work: core.flush(work, rules=rules, now_ms=0))
            self.state |= {key: read(encoded) for key, encoded in state._stored.items()}

    def _step(self, state, meta, fold):
        work = Work(state, meta)
        fold(work)
        state.commit()
        self.records += work.out.records
        self.lines.update(line for (topic, _), lines in work.out.lines.items() if topic is TRACKED for line in lines)

    def values(self, topic):
        return [loads(record.value) for record in self.records if record.topic is topic and record.value is not None]


def last_sessions(rows):
    """The highest version of each session, without what depends on when it was published."""
    rows = sorted(rows, key=lambda row: row["version"])
    return {row["session_id"]: {**row, "version": 0, "status": "", "joined": []} for row in rows if row["status"] != "superseded"}


def counted(rows):
    return Counter(map(dumps, rows))


def by_the_log(rows):
    return [row for row in rows if row["site"] != MAILED]


@pytest.mark.timeout(240)
async def test_killed_again_and_again_nothing_is_lost_doubled_or_changed(stream_topics, start_streams):
    chosen = random.Random(11)
    streams = start_streams()
    await asyncio.to_thread(streams.until_done)
    for number in range(60):
        await stream_topics.send(visit(number, chosen))
        if number % 20 == 19:
            for topic in (EVENTS, TRACKED):
                await stream_topics.send_raw(dict.fromkeys(range(PARTITIONS), POISON), topic)
            if number == 39:
                await stream_topics.send_raw({number: model_line(SITE, OTHER, partition=number, at=1) for number in range(PARTITIONS)})
            streams.kill()
            streams = start_streams()
    await asyncio.to_thread(streams.until_done)
    assert await asyncio.to_thread(streams.stop) == 0

    first = Fold(visitors, VisitorRules(PARTITIONS, sites=SITES), await stream_topics.read(EVENTS))
    log = await stream_topics.read(TRACKED)
    second = Fold(subjects, read_book(texts("scores", "triggers"), {}, partitions=PARTITIONS), log)
    poison = Counter({POISON: 3 * PARTITIONS})
    assert Counter(line for record in log for line in record.value.split(b"\n")) == first.lines + second.lines + poison
    assert counted(await stream_topics.values(REJECTED)) == counted(first.values(REJECTED) + second.values(REJECTED))
    assert counted(by_the_log(await stream_topics.values(SCORE_CHANGES))) == counted(by_the_log(second.values(SCORE_CHANGES)))
    assert counted(await stream_topics.values(SIGNALS)) == counted(second.values(SIGNALS))
    assert last_scores(await stream_topics.read(SCORES)) == last_scores(record for record in second.records if record.topic is SCORES)
    assert {row["model_version"] for row in second.values(SCORE_CHANGES)} == {"shipped-1", "b2b-1"}
    assert last_sessions(await stream_topics.values(SESSIONS)) == last_sessions(first.values(SESSIONS))
    assert differences(untimed_visitors(await last_state(stream_topics, VISITORS_STATE)), untimed_visitors(first.state)) == []
    assert differences(subjects_by_the_log(await last_state(stream_topics, SUBJECTS_STATE)), subjects_by_the_log(second.state)) == []


def last_scores(records):
    return {record.key: record.value for record in records if f'"site":"{MAILED}"'.encode() not in (record.value or b"")}


async def last_state(stream_topics, topic):
    found = {record.key: record.value for record in await stream_topics.read(topic) if record.key != MARKER}
    return {key.decode(): read(value) for key, value in found.items() if value is not None}


def subjects_by_the_log(state):
    return untimed_subjects({key: value for key, value in state.items() if not key.startswith(f"{MAILED}\0")})


def texts(*names):
    return ModelTexts(*[(MODELS / f"{name}.yaml").read_text("utf-8") for name in names])


OTHER = texts("b2b_scores", "b2b_triggers")
"""A model that is published in the middle."""
