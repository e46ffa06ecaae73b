"""Placing events into sessions that have caps."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.kinds import opens
from streams.core.session_batch import in_session, sessions_of
from streams.core.sessions import CAPPED, TOTALS, Limits, place
from streams.core.totals import EVENTS, FIRST, LAST, engaged_ms, totals_of
from tests.streams.core import direct
from tests.streams.core.logs import BROWSING, MINUTE, T0, event, logs

GAP = MINUTE
LIMITS = Limits(GAP, max_age_ms=4 * MINUTE, max_events=5)
CAPS = {"max_age": LIMITS.max_age_ms, "max_events": LIMITS.max_events}


def placed(log):
    """Sessions as (first event, time of the last, events, engagement), and whether an event was left to the rebuild."""
    chain, loose, split = [], [], False
    for one in log:
        tracked = one | {"event_time": one["created_at"]}
        if in_session(tracked):
            split |= place(chain, loose, totals_of(tracked), opens=opens(one["kind"]), limits=LIMITS).split
    return [(t[FIRST][3], t[LAST][0], t[EVENTS], engaged_ms(t)) for t in (session[TOTALS] for session in chain)], split


def expected(log):
    sessions = direct.session_lists(log, GAP, **CAPS)
    found = [(session[0]["event_id"], session[-1]["created_at"], len(session), direct.engaged(session)) for session in sessions]
    return sorted(found, key=lambda session: session[1])


browsing = logs(span_ms=8 * MINUTE, step_ms=GAP // 2, most=20, kinds=BROWSING).map(
    lambda log: [one for one in log if one["visitor_id"] == "v1"]
)


@settings(max_examples=300, deadline=None)
@given(browsing)
def test_in_order_the_caps_split_exactly(log):
    assert placed(direct.unique(log)) == (expected(log), False)


@settings(max_examples=600, deadline=None)
@given(browsing.flatmap(st.permutations))
def test_in_any_order_the_sessions_are_right_or_left_to_the_rebuild(log):
    sessions, split = placed(log)
    if not split:
        assert sessions == expected(log)


@settings(max_examples=100, deadline=None)
@given(browsing.flatmap(st.permutations))
def test_the_rebuild_splits_by_the_same_caps(log):
    tracked = [one | {"event_time": one["created_at"]} for one in log]
    rebuilt = [
        (members[0], session["ended_at"], session["events"], session["engaged_ms"])
        for session, members in sessions_of(tracked, GAP, limits=LIMITS)
    ]
    assert rebuilt == expected(log)


def test_a_session_says_which_cap_ended_it():
    def reasons(log):
        chain, loose = [], []
        for one in log:
            place(chain, loose, totals_of(one | {"event_time": one["created_at"]}), opens=True, limits=LIMITS)
        return [session[CAPPED] for session in chain]

    assert reasons([event(f"e{n}", n * GAP) for n in range(6)]) == ["max_age", ""]
    assert reasons([event(f"e{n}", n) for n in range(6)]) == ["max_events", ""]
    assert reasons([event("a", 0), event("b", GAP + 1)]) == ["", ""]


def test_loose_activity_is_bounded():
    chain, loose = [], []
    for number in range(300):
        place(
            chain,
            loose,
            totals_of(event(f"e{number}", number, "engagement", engaged_ms=1) | {"event_time": T0 + number}),
            opens=False,
            limits=LIMITS,
        )
    assert (len(chain), len(loose)) == (0, 256)
