"""Whatever the order of arrival, the numbers are those of the sorted log."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.rules import Shape
from streams.core.session_batch import sessions_of
from tests.streams.core import direct
from tests.streams.core.logs import BROWSING, MINUTE, MIXED, T0, UNTIL, arrivals, event, logs
from tests.streams.core.running import Line

GAP = MINUTE
"""A short gap: the horizon then is many gaps away, and every permutation is in time."""

SPAN = 20 * MINUTE
SHAPE = Shape(direct.PER_SECOND, direct.PER_HOUR, direct.UNENGAGED)
PUBLISHED = ("relabelled", "version", "joined", "status", "closed", "close_reason", "session_id", "site", "customer_id")
RUNS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


UNSUSPECTING = Shape(1_000, 1_000, 1_000)


@st.composite
def arriving_logs(draw, kinds=MIXED, span_ms=SPAN):
    log = draw(logs(span_ms=span_ms, step_ms=GAP // 2, kinds=kinds))
    return log, draw(arrivals(log)), draw(st.integers(1, 8))


def run(records, *, every=1, shape=SHAPE):
    line = Line(gap_ms=GAP, shape=shape)
    for number, record in enumerate(records):
        line.send(*record)
        if number % every == 0:
            line.settle()
            line.advance(UNTIL)
    line.finish(UNTIL)
    return line


def facts(session):
    return {name: session[name] for name in session if name not in PUBLISHED}


@RUNS
@given(st.one_of(arriving_logs(), arriving_logs(BROWSING), arriving_logs(BROWSING, 5 * MINUTE)))
def test_sessions_and_their_events_are_those_of_the_sorted_log(case):
    log, records, every = case
    line = run(records, every=every)
    expected = direct.sessions(log, GAP)
    found = {id_: facts(session) for id_, session in line.sessions().items()}
    assert {id_: {name: found_facts[name] for name in expected[id_]} for id_, found_facts in found.items() if id_ in expected} == expected
    assert found.keys() == expected.keys()
    assert line.membership() == direct.membership(log, GAP)
    assert all(session["closed"] for session in line.sessions().values())


@RUNS
@given(arriving_logs())
def test_scores_are_those_of_the_sorted_log_and_explain_themselves(case):
    log, records, every = case
    line = run(records, every=every)
    expected = direct.scores(log, UNTIL, direct.machine_events(log, GAP))
    assert line.scores(UNTIL) == pytest.approx(expected, abs=1e-9)
    assert line.contributions(UNTIL) == pytest.approx(expected, abs=1e-9)


@RUNS
@given(arriving_logs())
def test_signals_are_those_of_the_sorted_log(case):
    log, records, every = case
    assert run(records, every=every).signals() == direct.signals(log, direct.machine_events(log, GAP))


@RUNS
@given(st.data())
def test_events_that_are_late_within_the_horizon_change_nothing(data):
    """A long log that arrives with bounded delays, while sessions close and their state is dropped."""
    log = data.draw(logs(span_ms=120 * MINUTE, step_ms=GAP, most=40))
    delays = data.draw(st.lists(st.sampled_from([0, 0, GAP, 20 * MINUTE, 20 * MINUTE + GAP]), min_size=len(log), max_size=len(log)))
    arriving = sorted(zip(log, delays, strict=True), key=lambda late: late[0]["created_at"] + late[1])
    line = Line(gap_ms=GAP, shape=SHAPE)
    for sent, delay in arriving:
        received = sent["created_at"] + delay
        line.send(sent | {"received_at": received})
        line.advance(received)
        line.settle()
    line.finish(UNTIL)
    expected = direct.sessions(log, GAP)
    found = {id_: {name: session[name] for name in expected[id_]} for id_, session in line.sessions().items()}
    assert found == expected
    assert line.membership() == direct.membership(log, GAP)
    assert line.signals() == direct.signals(log, direct.machine_events(log, GAP))
    assert line.counts["events_late"] == 0


@RUNS
@given(st.data())
def test_the_rebuild_finds_the_sessions_that_were_found_live(data):
    log = data.draw(logs(span_ms=SPAN, step_ms=GAP // 2, kinds=BROWSING))
    live = run([log], shape=Shape())
    tracked = [line for line in live.tracked if not line.get("control")]
    rebuilt = {}
    for visitor in {line.get("visitor_id") for line in tracked} - {None}:
        mine = data.draw(st.permutations([line for line in tracked if line.get("visitor_id") == visitor]))
        rebuilt |= {session["session_id"]: (facts(session), sorted(members)) for session, members in sessions_of(mine, GAP)}
    membership = live.membership()
    expected = {
        id_: (facts(session), sorted(event_id for event_id, of in membership.items() if of == id_))
        for id_, session in live.sessions().items()
    }
    assert rebuilt == expected


@RUNS
@given(st.data())
def test_scores_and_signals_over_days_are_those_of_the_sorted_log(data):
    """Windows of caps begin and end, and nothing live is too late for a score; but it is for a session, and its label."""
    span = 70 * 60 * MINUTE
    log = [sent | {"received_at": T0 + span, "webdriver": False} for sent in data.draw(logs(span_ms=span, step_ms=30 * MINUTE, most=40))]
    line = run(data.draw(arrivals(log)), shape=UNSUSPECTING)
    expected = direct.scores(log, UNTIL)
    assert line.scores(UNTIL) == pytest.approx(expected, abs=1e-9)
    assert line.contributions(UNTIL) == pytest.approx(expected, abs=1e-9)
    assert line.signals() == direct.signals(log)


def test_activity_between_two_sessions_is_bridged_by_a_late_first_event():
    log = [event("b", 100_000), event("o", 50_000, "engagement", engaged_ms=1_000), event("a", 0)]
    line = run([[x] for x in log])
    assert [session["events"] for session in line.sessions().values()] == [3]
    assert line.membership() == dict.fromkeys("abo", direct.session_id([event("a", 0)]))
