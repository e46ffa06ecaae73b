"""Whatever the order of arrival, the numbers are those of the sorted log."""

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import SIGNALS
from streams.core.rules import Shape
from streams.core.session_batch import sessions_of
from streams.core.visitors import watermark
from tests.streams.core import direct, rich
from tests.streams.core.logs import BROWSING, MINUTE, MIXED, T0, UNTIL, arrivals, event, logs
from tests.streams.core.running import RULES, Line

GAP = MINUTE
"""A short gap: the horizon then is many gaps away, and every permutation is in time."""

SPAN = 20 * MINUTE
SHAPE = Shape(direct.PER_SECOND, direct.PER_HOUR, direct.UNENGAGED)
PUBLISHED = ("relabelled", "version", "joined", "status", "closed", "close_reason", "session_id", "site", "customer_id")
RUNS = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


UNSUSPECTING = Shape(1_000, 1_000, 1_000)


@st.composite
def arriving_logs(draw, kinds=MIXED, span_ms=SPAN):
    log = draw(logs(span_ms=span_ms, step_ms=GAP // 2, kinds=kinds))
    return log, draw(arrivals(log)), draw(st.integers(1, 8))


def run(records, *, every=1, shape=SHAPE, rules=RULES, marks=()):
    """Run a log through both cores.

    `marks` are minutes after T0 to which the watermark of the subjects comes on the way, and whether timers are tended then.
    """
    line = Line(gap_ms=GAP, shape=shape, rules=rules)
    coming = sorted(marks)
    for number, record in enumerate(records):
        line.send(*record)
        if number % every == 0:
            line.settle()
            line.advance(UNTIL)
            if coming:
                minute, timers = coming.pop(0)
                line.pass_time(T0 + minute * MINUTE, UNTIL, timers=timers)
    line.finish(UNTIL, waited=rules is not RULES)
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


def test_scores_interests_stages_and_signals_are_those_of_the_sorted_log():
    """Everything that subjects say, for logs in which every sort of trigger and a label do occur."""
    seen = Counter()

    @settings(RUNS, max_examples=200)  # so many that every sort does occur
    @given(arriving_logs(), st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=4))
    def check(case, marks):
        log, records, every = case
        line = run(records, every=every, rules=rich.RULES, marks=marks)
        machines = direct.machine_events(log, GAP)
        say_what_subjects_say(line, log, machines)
        found = rich.signals(log, machines)
        seen.update(trigger for _, trigger in found.values())
        seen.update(machine=bool(machines), merged="handovers" in line.counts, withdrawn=line.counts["signals_withdrawn"])
        seen.update(row["trigger"] for row in line.values(SIGNALS) if row["trigger"] in rich.ARRIVAL_DECIDES)
        seen.update(interests=len(direct.interests(log, UNTIL, machines)), held=line.counts["signals_suppressed_quiet"])

    check()
    wanted = {*(trigger.name for trigger in rich.RULES.triggers), "machine", "merged", "withdrawn", "interests", "held"}
    assert {name for name in wanted if not seen[name]} == set()


def say_what_subjects_say(line, log, machines=frozenset()):
    """The scores, which explain themselves, the interests, and the signals that stand are those of the sorted log."""
    expected = direct.scores(log, UNTIL, machines)
    assert line.scores(UNTIL) == pytest.approx(expected, abs=1e-9)
    assert line.contributions(UNTIL) == pytest.approx(expected, abs=1e-9)
    found, interests = line.interests(UNTIL), direct.interests(log, UNTIL, machines)
    assert found == pytest.approx({key: points for key, points in interests.items() if key in found}, abs=1e-4)
    assert {key for key in interests.keys() - found.keys() if abs(interests[key]) > 0.02} == set()
    signals = {id_: subject for id_, (subject, _) in rich.signals(log, machines).items()}
    assert line.signals(but=rich.ARRIVAL_DECIDES) == signals


@RUNS
@given(st.data())
def test_events_that_are_late_within_the_horizon_change_nothing(data):
    """A long log that arrives with bounded delays, while sessions close and their state is dropped."""
    log = data.draw(logs(span_ms=120 * MINUTE, step_ms=GAP, most=40))
    delays = data.draw(st.lists(st.sampled_from([0, 0, GAP, 20 * MINUTE, 20 * MINUTE + GAP]), min_size=len(log), max_size=len(log)))
    arriving = sorted(zip(log, delays, strict=True), key=lambda late: late[0]["created_at"] + late[1])
    line = Line(gap_ms=GAP, shape=SHAPE, rules=rich.RULES)
    for sent, delay in arriving:
        received = sent["created_at"] + delay
        line.send(sent | {"received_at": received})
        line.advance(received)
        line.settle()
        line.pass_time(watermark(line.visitors.meta), received)
    line.finish(UNTIL, waited=True)
    expected = direct.sessions(log, GAP)
    found = {id_: {name: session[name] for name in expected[id_]} for id_, session in line.sessions().items()}
    assert found == expected
    assert line.membership() == direct.membership(log, GAP)
    say_what_subjects_say(line, log, direct.machine_events(log, GAP))
    assert line.counts["events_late"] == 0


def test_engagement_that_joins_a_machines_session_later_is_the_machines():
    """The engagement comes before the page view that says whose session it is in: it ends no silence."""
    log = [
        event("e0", 0, url="https://shop.example/", received=T0 + 60 * MINUTE),
        event("e2", 90_001, "engagement", engaged_ms=1_000, received=T0 + 60 * MINUTE),
        event("e1", 90_000, url="https://shop.example/", webdriver=True, received=T0 + 60 * MINUTE),
    ]
    machines = direct.machine_events(log, GAP)
    assert rich.signals(log, machines)
    for order in permutations(log):
        say_what_subjects_say(run([[one] for one in order], rules=rich.RULES), log, machines)


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
    line = run(data.draw(arrivals(log)), shape=UNSUSPECTING, rules=rich.RULES)
    say_what_subjects_say(line, log)


def test_activity_between_two_sessions_is_bridged_by_a_late_first_event():
    log = [event("b", 100_000), event("o", 50_000, "engagement", engaged_ms=1_000), event("a", 0)]
    line = run([[x] for x in log])
    assert [session["events"] for session in line.sessions().values()] == [3]
    assert line.membership() == dict.fromkeys("abo", direct.session_id([event("a", 0)]))
