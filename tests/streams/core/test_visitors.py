"""The visitors core, one behaviour at a time."""

import pytest

from schemas.codec import dumps, loads, partition_of
from schemas.events import Event
from schemas.topics import IDENTITIES, REJECTED, SESSIONS
from streams.core import dedupe, visitors
from streams.core.reading import TYPES
from streams.core.rules import VisitorRules
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work
from tests.streams.core.logs import MINUTE, T0, event
from tests.streams.core.running import PARTITIONS, Line

HOUR = 60 * MINUTE
DAY = 24 * HOUR


def live(event_id, at, kind="page_view", **fields):
    """An event that is received when it happens."""
    return event(event_id, at, kind, received=fields.pop("received", T0 + at), **fields)


@pytest.fixture
def line():
    return Line(update_ms=30_000)


def tracked(line, event_id):
    (found,) = [one for one in line.tracked if one["event_id"] == event_id and not one.get("control")]
    return found


def test_the_fields_that_are_read_are_those_of_the_schema():
    assert TYPES.keys() == Event.model_fields.keys()


@pytest.mark.parametrize(
    "bad",
    [
        b"no json",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        dumps({**event("a", 0), "seq": "1"}),
        dumps({**event("a", 0), "kind": "dance"}),
        dumps({**event("a", 0), "received_at": True}),
        dumps({**event("a", 0), "received_at": -1}),
        dumps({**event("a", 0), "surprise": 1}),
        dumps({**event("a", 0), "props": []}),
        b'{"event_id": 1}',
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_and_its_neighbours_are_kept(line, bad):
    good = dumps(live("good", 0))
    line._collect(line.visitors.absorb(good + b"\n" + bad + b"\n\n" + dumps(live("next", 1)), at=123))
    assert [one["event_id"] for one in line.tracked] == ["good", "next"]
    (rejected,) = line.values(REJECTED)
    assert (rejected["reason"], rejected["stage"], rejected["received_at"]) == ("unreadable", "streams", 123)


def test_the_same_event_again_is_dropped_and_counted(line):
    line.send(live("a", 0))
    line.send(live("a", 0), live("a", 0, received=T0 + HOUR))
    assert len(line.tracked) == 1
    assert line.counts["events_duplicate"] == 2
    assert line.values(REJECTED) == []


def test_the_same_id_with_other_content_is_rejected_and_the_first_stands(line):
    line.send(live("a", 0))
    line.send(live("a", 0, content_hash="f" * 16))
    (rejected,) = line.values(REJECTED)
    assert (rejected["reason"], rejected["site"], rejected["event_id"]) == ("id_conflict", "demo", "a")
    assert len(line.tracked) == 1


def test_duplicates_without_a_visitor_are_recognised_per_customer(line):
    bought = {"visitor_id": None, "customer_id": "c1", "value": 5.0}
    line.send(live("a", 0, "purchase", **bought), live("a", 0, "purchase", **bought))
    line.send(live("a", 0, "purchase", **bought | {"customer_id": "c2"}))
    assert [one["customer_id"] for one in line.tracked] == ["c1", "c2"]
    assert "session_id" not in line.tracked[0]


def test_the_last_two_thousand_ids_of_a_visitor_are_remembered(line):
    line.send(*[live(f"e{number}", number) for number in range(2_001)])
    line.send(live("e1", 1))
    assert line.counts["events_duplicate"] == 1
    line.send(live("e0", 0))
    assert line.counts["events"] == 2_002


def test_an_id_is_found_only_where_it_was_put():
    """The compact memory is one string: what lies across two entries is no entry."""
    entry = dedupe._hash("wanted")
    across = "x" * 3 + entry + "y" * (2 * dedupe.ENTRY_CHARS - 3 - len(entry))
    assert dedupe._find(across, entry) == -1
    assert dedupe._find(across + entry + "abcdef", entry) == len(across)


def test_ids_are_forgotten_after_three_days_of_silence(line):
    line.send(live("a", 0))
    line.advance(T0 + 3 * DAY + 11 * MINUTE, quiet=True)
    assert len(line.visitors.state) == 0


def test_history_is_stored_and_touches_nothing_live(line):
    line.send(live("a", 0, received=T0 + 73 * HOUR), live("b", 0, historical=True))
    assert all(one["historical"] and "session_id" not in one for one in line.tracked)
    assert line.values(SESSIONS) == []
    assert visitors.watermark(line.visitors.meta) == 0
    assert len(line.visitors.state) == 0


def test_the_watermark_follows_the_smaller_clock_and_a_quiet_partition_follows_the_time(line):
    line.send(live("a", HOUR, received=T0 + 2 * HOUR))
    assert visitors.watermark(line.visitors.meta) == T0 + 50 * MINUTE
    line.send(live("b", 2 * HOUR + 4 * MINUTE, received=T0 + 2 * HOUR))
    assert visitors.watermark(line.visitors.meta) == T0 + 110 * MINUTE
    line.advance(T0 + 5 * HOUR)
    assert visitors.watermark(line.visitors.meta) == T0 + 110 * MINUTE
    line.advance(T0 + 5 * HOUR, quiet=True)
    assert visitors.watermark(line.visitors.meta) == T0 + 5 * HOUR - 10 * MINUTE


def test_a_session_continues_at_the_gap_and_ends_after_it(line):
    line.send(live("a", 0), live("b", 30 * MINUTE), live("c", 60 * MINUTE + 1))
    assert tracked(line, "a")["session_id"] == tracked(line, "b")["session_id"] != tracked(line, "c")["session_id"]


def test_a_session_closes_when_the_watermark_passes_its_gap(line):
    line.send(live("a", 0))
    line.advance(T0 + 40 * MINUTE, quiet=True)
    assert [record["status"] for record in line.values(SESSIONS)] == ["opened"]
    line.advance(T0 + 40 * MINUTE + 1, quiet=True)
    assert line.values(SESSIONS)[-1]["status"] == "closed"
    assert line.values(SESSIONS)[-1]["close_reason"] == "idle"


def test_a_late_event_opens_a_closed_session_again(line):
    line.send(live("a", 0))
    line.advance(T0 + 41 * MINUTE, quiet=True)
    line.send(live("b", 5 * MINUTE, received=T0 + 42 * MINUTE))
    line.advance(T0 + 60 * MINUTE, quiet=True)
    (session,) = line.sessions().values()
    assert (session["events"], session["closed"]) == (2, True)


def test_changes_are_published_at_most_once_an_interval(line):
    line.send(live("a", 0))
    for second in range(1, 100):
        line.send(live(f"e{second}", second * 1000))
        line.advance(T0 + second * 1000)
    assert [record["events"] for record in line.values(SESSIONS)] == [1, 32, 63, 94]
    assert [record["version"] for record in line.values(SESSIONS)] == [1, 2, 3, 4]
    line._collect(line.visitors.flush(T0))
    assert line.values(SESSIONS)[-1]["events"] == 100
    assert line.visitors.flush(T0).records == []


def test_an_event_older_than_the_horizon_is_stored_without_a_session(line):
    line.send(live("a", 3 * HOUR), live("b", 2 * HOUR, received=T0 + 3 * HOUR))
    assert "session_id" not in tracked(line, "b")
    assert line.counts["events_late"] == 1
    line.send(live("c", 2 * HOUR + 10 * MINUTE, received=T0 + 3 * HOUR))
    assert tracked(line, "c")["session_id"]


def test_a_session_is_kept_until_nothing_that_counts_can_join_it(line):
    """The last moment of the gap, at the last moment before the horizon."""
    line.send(live("a", 0))
    line.advance(T0 + 80 * MINUTE, quiet=True)
    line.send(live("b", 30 * MINUTE, received=T0 + 80 * MINUTE))
    assert tracked(line, "a")["session_id"] == tracked(line, "b")["session_id"]
    line.advance(T0 + 110 * MINUTE, quiet=True)
    assert line.visitors.state.get("demo\0v\0v1")["chain"]
    line.advance(T0 + 110 * MINUTE + 1, quiet=True)
    assert "chain" not in line.visitors.state.get("demo\0v\0v1")


def test_engagement_counts_one_delta_a_sequence_and_no_more_than_passed(line):
    page = {"pageview_id": "p"}
    line.send(live("a", 0, **page), live("c", MINUTE, "engagement", engaged_ms=9_000, seq=1, **page))
    line.send(live("b", MINUTE, "engagement", engaged_ms=7_000, seq=1, **page))
    line.send(*[live(f"e{n}", MINUTE, "engagement", engaged_ms=30_000, seq=n, visitor="v2") for n in range(2)], live("d", 0, visitor="v2"))
    line.finish(T0)
    assert [session["engaged_ms"] for session in line.sessions().values()] == [7_000, 35_000]


def test_an_earlier_first_event_supersedes_the_session_at_once(line):
    line.send(live("b", 10 * MINUTE))
    line.send(live("a", 0, received=T0 + 10 * MINUTE))
    old, new = tracked(line, "b")["session_id"], tracked(line, "a")["session_id"]
    last = line.last(SESSIONS, "session_id", "version")
    assert (last[old]["status"], last[old]["superseded_by"], last[old]["events"]) == ("superseded", new, 0)
    assert (last[new]["status"], last[new]["events"], last[new]["version"]) == ("updated", 2, 1)


def test_every_earlier_id_points_to_the_surviving_session(line):
    for number in (3, 2, 1, 0):
        line.send(live(f"e{number}", number * MINUTE, received=T0 + 3 * MINUTE))
    survivor = tracked(line, "e0")["session_id"]
    last = line.last(SESSIONS, "session_id", "version")
    assert {record["superseded_by"] for id_, record in last.items() if id_ != survivor} == {survivor}
    assert len(last) == 4


def test_time_on_the_page_without_an_opening_event_joins_when_one_arrives(line):
    line.send(live("o", MINUTE, "engagement", engaged_ms=5_000))
    assert "session_id" not in tracked(line, "o")
    line.send(live("a", 0, received=T0 + MINUTE))
    (session,) = line.values(SESSIONS)
    assert (session["joined"], session["engaged_ms"]) == (["o"], 5_000)


def test_a_session_ends_after_a_day_without_silence(line):
    for number in range(24 * 4 + 3):
        line.send(live(f"e{number}", number * 15 * MINUTE))
        line.advance(T0 + number * 15 * MINUTE)
    line.finish(T0 + 2 * DAY)
    first, second = sorted(line.sessions().values(), key=lambda session: session["started_at"])
    assert (first["close_reason"], first["span_ms"]) == ("max_age", DAY)
    assert (second["close_reason"], second["events"]) == ("idle", 2)


def test_a_late_event_in_a_chain_that_a_cap_split_is_left_to_the_rebuild(line):
    line.send(*[live(f"e{number}", number * 15 * MINUTE) for number in range(24 * 4 + 3)])
    line.send(live("late", DAY - 20 * MINUTE, received=T0 + DAY + 30 * MINUTE))
    assert "session_id" not in tracked(line, "late")
    assert line.counts["events_split"] == 1


def test_a_session_holds_ten_thousand_events(line):
    line.send(*[live(f"e{number}", number) for number in range(10_001)])
    line.finish(T0 + DAY)
    first, second = sorted(line.sessions().values(), key=lambda session: session["started_at"])
    assert (first["events"], first["close_reason"]) == (10_000, "max_events")
    assert second["events"] == 1


def test_the_gap_of_a_site_is_its_own():
    line = Line(gap_ms=5 * MINUTE)
    line.send(live("a", 0), live("b", 6 * MINUTE))
    assert tracked(line, "a")["session_id"] != tracked(line, "b")["session_id"]


def identify(event_id, at, customer, **fields):
    return live(event_id, at, fields.pop("kind", "identify"), customer_id=customer, **fields)


def test_a_link_puts_the_customer_on_what_follows_and_tells_the_visitors_subject(line):
    line.send(live("a", 0), identify("i", 1000, "c1"), live("b", 2000))
    assert "customer_id" not in tracked(line, "a")
    assert tracked(line, "i")["customer_id"] == tracked(line, "b")["customer_id"] == "c1"
    (identity,) = line.values(IDENTITIES)
    assert identity == {"site": "demo", "visitor_id": "v1", "customer_id": "c1", "linked_at": T0 + 1000, "event_id": "i", "version": 1}
    (control,) = [one for one in line.tracked if one.get("control")]
    assert (control["control"], control["visitor_id"], control["customer_id"]) == ("link", "v1", "c1")
    assert b'"link"' in b"".join(line.queues[partition_of("demo", "v1", PARTITIONS)])
    assert b'"b"' in b"".join(line.queues[partition_of("demo", "c1", PARTITIONS)])
    line.advance(T0 + 40_000)
    assert line.values(SESSIONS)[-1]["customer_id"] == "c1"


def test_a_link_alone_has_the_live_sessions_published_with_the_customer(line):
    line.send(live("a", 0))
    line.send(identify("i", 1000, "c1"))
    line.advance(T0 + 31_000)
    assert [(record["status"], record["customer_id"]) for record in line.values(SESSIONS)] == [("opened", ""), ("updated", "c1")]


def test_the_same_link_again_says_nothing(line):
    line.send(identify("i", 0, "c1"), identify("j", 1, "c1"))
    assert len(line.values(IDENTITIES)) == 1


def test_a_known_visitor_does_not_become_somebody_else(line):
    line.send(identify("i", 0, "c1"), identify("j", 1, "c2"))
    assert tracked(line, "j")["customer_id"] == "c1"
    assert line.counts["links_refused"] == 1
    assert len(line.values(IDENTITIES)) == 1


def test_an_alias_moves_a_known_visitor(line):
    line.send(identify("i", 0, "c1"), identify("j", 1, "c2", kind="alias", previous_id="v1"))
    assert [(identity["customer_id"], identity["version"]) for identity in line.values(IDENTITIES)] == [("c1", 1), ("c2", 2)]
    assert tracked(line, "j")["customer_id"] == "c2"


def test_an_alias_to_itself_links_nothing_and_is_no_warning(line):
    line.send(identify("j", 0, "c1", kind="alias", previous_id="c1"))
    assert line.values(IDENTITIES) == []
    assert line.counts["links_refused"] == 0
    assert tracked(line, "j")["customer_id"] == "c1"


@pytest.mark.parametrize("visitor", [None, "v1"])
def test_an_alias_from_another_customer_is_refused_and_kept(line, visitor):
    line.send(identify("j", 0, "c2", kind="alias", previous_id="c1", visitor=visitor))
    assert line.values(IDENTITIES) == []
    assert line.counts["links_refused"] == 1
    assert tracked(line, "j")["customer_id"] == "c2"


@pytest.mark.parametrize("junk", ["undefined", "NULL", "0", "guest", "x" * 201, " null "])
def test_junk_is_nobodys_id_and_the_event_stays_anonymous(line, junk):
    line.send(identify("i", 0, junk))
    assert "customer_id" not in tracked(line, "i")
    assert line.values(IDENTITIES) == []


def test_history_links_too(line):
    line.send(identify("i", 0, "c1", historical=True), live("b", 1000))
    assert tracked(line, "b")["customer_id"] == "c1"


def test_a_link_outlives_the_sessions(line):
    line.send(identify("i", 0, "c1"))
    line.advance(T0 + 30 * DAY, quiet=True)
    line.send(live("b", 30 * DAY))
    assert tracked(line, "b")["customer_id"] == "c1"


def test_advance_says_when_there_is_more(line):
    state = PartitionState()
    rules = VisitorRules(PARTITIONS)
    work = Work(state, {})
    visitors.absorb(b"\n".join(dumps(live(f"e{n}", 0, visitor=f"v{n}")) for n in range(1_200)), work, rules=rules, arrival=Arrival(T0))
    state.commit()
    closed, rounds, more = 0, 0, True
    while more:
        work = Work(state, work.meta)
        more = visitors.advance(work, rules=rules, now_ms=T0 + HOUR, quiet=True)
        closed += sum(loads(record.value)["status"] == "closed" for record in work.out.records)
        state.commit()
        rounds += 1
    assert (closed, rounds) == (1_200, 3)
