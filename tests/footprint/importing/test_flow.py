"""The flow against ports that keep what they are given: a line as it would behave, with the failures it must survive."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footprint.importing.chunks import chunks_of
from footprint.importing.flow import Flow
from footprint.importing.outcomes import Broken, Ready, Skip, Skipped
from footprint.importing.pace import Pace
from footprint.importing.tally import Tally
from schemas.errors import Retryable
from schemas.rejections import Reason


class Line:
    """Collector, topics and store in memory. `refuse` are ids that the collector rejects."""

    def __init__(self, refuse=(), *, loses=False):
        self.stored, self.turned_away, self.sent = set(), {}, []
        self.refuse, self.loses = set(refuse), loses

    def events(self, ids, visitors):
        return self.stored & set(ids)

    def rejected(self, ids):
        return {one: self.turned_away[one] for one in ids if one in self.turned_away}

    async def send(self, events):
        for event in events:
            self.sent.append(event.event_id)
            if event.event_id in self.refuse:
                self.turned_away[event.event_id] = "too_large"
            elif not self.loses:
                self.stored.add(event.event_id)

    async def reject(self, lines):
        self.turned_away |= {line.event_id: line.reason.value for line in lines}


def ready(number):
    return Ready(f"e{number}", f"v{number % 3}", {})


def broken(number):
    return Broken(f"b{number}", Reason.UNREADABLE, "", "")


async def run(line, outcomes, *, size=4, patience_s=60.0):
    tally, ticks = Tally(), itertools.count()
    clock = lambda: float(next(ticks))  # noqa: E731
    flow = Flow(line, line, line, tally, clock, Pace(0, clock), patience_s=patience_s)
    await flow.run(chunks_of(outcomes, tally, lines=size))
    return tally, flow


async def test_every_line_is_counted_once():
    line = Line(refuse=["e3"])
    outcomes = [ready(1), Skipped(Skip.ASSET), ready(2), broken(1), ready(1), ready(3), Skipped(Skip.METHOD)]
    tally, flow = await run(line, outcomes)
    assert tally.as_json() == {
        "read": 7,
        "accepted": 2,
        "already_there": 0,
        "repeated": 1,
        "skipped": {"asset": 1, "method": 1},
        "rejected": {"unreadable": 1, "too_large": 1},
        "live": 0,
    }
    assert flow.visitors == {"v0", "v1", "v2"}


async def test_a_second_import_sends_nothing_and_tells_the_same_rejections():
    line = Line(refuse=["e1"])
    outcomes = [ready(1), ready(2), broken(1)]
    await run(line, outcomes)
    before = (set(line.stored), dict(line.turned_away), list(line.sent))
    tally, flow = await run(line, outcomes)
    assert (line.stored, line.turned_away, line.sent) == before
    assert (tally.accepted, tally.already_there, dict(tally.rejected)) == (0, 1, {"too_large": 1, "unreadable": 1})
    assert flow.visitors == {"v1", "v2"}  # rebuilt again: the first run may have been killed before its rebuild


async def test_an_interrupted_import_continues_with_what_is_missing():
    line = Line()
    await run(line, [ready(number) for number in range(5)])
    line.sent.clear()
    tally, _ = await run(line, [ready(number) for number in range(9)])
    assert sorted(line.sent) == ["e5", "e6", "e7", "e8"]
    assert (tally.accepted, tally.already_there) == (4, 5)


async def test_when_nothing_is_stored_the_error_says_that_it_can_be_run_again():
    with pytest.raises(Retryable, match="run the same import again"):
        await run(Line(loses=True), [ready(1)], patience_s=2)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 9).map(ready), st.integers(0, 3).map(broken), st.sampled_from(list(Skip)).map(Skipped)), max_size=60),
    st.integers(1, 7),
)
async def test_the_counts_add_up_to_the_lines_read(outcomes, size):
    tally, _ = await run(Line(refuse=["e7"]), outcomes, size=size)
    parts = tally.accepted + tally.already_there + tally.repeated + tally.skipped.total() + tally.rejected.total()
    assert tally.read == parts == len(outcomes)


def test_a_pace_spreads_events_over_time():
    pace = Pace(100, lambda: 5.0)
    assert [pace.delay(50), pace.delay(100), pace.delay(1)] == [0.0, 0.5, 1.5]
    assert Pace(0, lambda: 5.0).delay(1_000_000) == 0.0
