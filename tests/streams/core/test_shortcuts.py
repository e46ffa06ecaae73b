"""What is done in fewer steps for the usual event comes to the same as the long way."""

import uuid
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import dumps, key_partition, loads, parse_time, partition_of
from schemas.identities import JUNK_IDS, usable_id
from schemas.topics import SCORES, TRACKED
from streams.core import planning, reading, visitors
from streams.core.clocks import read_time
from streams.core.enrich import CONSUMED, enrich
from streams.core.rules import SiteRules, VisitorRules
from streams.core.sessions import NAMESPACE, session_id_of
from streams.core.state import PartitionState
from streams.core.totals import add, append, order_of, totals_of
from streams.core.work import Arrival, Outputs, Work
from tests.streams.core.logs import BROWSING, MINUTE, event, logs

RULES = SiteRules(allow=("friend",))
ZEROS = "00000000-0000-0000-0000-000000000000"
TIMES = st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
SPOILT = st.tuples(TIMES, st.integers(0, 23), st.sampled_from("0569 :.-+TZé٣")).map(
    lambda one: one[0][: one[1]] + one[2] + one[0][one[1] + 1 :]
)
IDS = st.one_of(
    st.text(max_size=220), st.uuids().map(str), st.sampled_from([*JUNK_IDS, ZEROS, f" {ZEROS}", f'"{ZEROS}"', ZEROS[:-1] + "1"])
)


def tracked(log):
    found = [enrich(one, RULES) for one in {one["event_id"]: one for one in log}.values()]
    return sorted(found, key=order_of)


@settings(deadline=None)
@given(logs(span_ms=8 * MINUTE, step_ms=100, most=30, kinds=[*BROWSING, "form_submit", "custom"]), st.sampled_from(["", "friend"]))
def test_an_event_that_comes_last_adds_up_to_the_same_as_its_totals(log, agent):
    first, *rest = tracked([one | {"user_agent": agent} for one in log])
    short, long = totals_of(first), totals_of(first)
    for one in rest:
        append(short, one, order_of(one))
        add(long, totals_of(one))
        assert short == long


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_the_id_of_a_session_is_a_uuid_of_version_5(site, visitor, first):
    assert session_id_of(site, visitor, first) == str(uuid.uuid5(NAMESPACE, f"{site}\0{visitor}\0{first}"))


def test_a_tracked_event_takes_over_what_is_not_empty_and_not_consumed():
    full = event("e1", 0, url="https://shop.example/a", title="", seq=0, historical=False, webdriver=True)
    before = deepcopy(full)
    found = enrich(full, RULES)
    assert full == before
    assert not {"title", "seq", "content_hash", "webdriver", "props", "historical"} & found.keys()
    assert set(CONSUMED) < set(reading.TYPES)


def test_a_shape_that_was_right_before_is_still_looked_at_for_its_values():
    good = event("e1", 0)
    assert reading.read_event(dumps(good)) == loads(dumps(good))
    for wrong in ({"kind": "nothing"}, {"event_id": ""}, {"received_at": -1}, {"props": []}, {"visitor_id": 1}):
        assert not isinstance(reading.read_event(dumps(good | wrong)), dict)


@given(st.one_of(TIMES, SPOILT, st.sampled_from(["2026-09-21T14:13:60.000Z", "2026-02-30T14:13:00.000Z", "", None, 7])))
def test_a_time_that_browsers_write_is_read_as_every_other_is(text):
    assert read_time(text) == parse_time(text)
    assert read_time(text) == parse_time(text)  # of a minute that is known


@given(IDS, st.integers(1, 12))
def test_an_id_that_is_plainly_usable_is_usable_and_finds_its_partition(visitor, partitions):
    work = Work(PartitionState(), {})
    line = dumps(event("e1", 0) | {"visitor_id": visitor, "customer_id": None})
    visitors.absorb(line, work, rules=VisitorRules(partitions), arrival=Arrival(0))
    assert list(work.out.lines) == [(TRACKED, partition_of("demo", visitor if usable_id(visitor) else "", partitions))]


@given(st.lists(st.text(max_size=9), max_size=9), st.integers(1, 12))
def test_records_with_a_key_go_where_the_key_says(keys, partitions):
    out = Outputs()
    for key in keys:
        out.write(SCORES, key, None)
    planned = planning.plan_outputs(out, [], partitions)
    written = {key: number for (_, number), records in planned.items() for key, _, _ in records}
    assert written == {key.encode(): key_partition(key.encode(), partitions) for key in keys}


def test_a_shape_is_the_types_of_all_fields_and_the_last_that_was_right_is_remembered():
    good = event("e1", 0, kind="purchase", value=5)
    for value in (5, 5.5, None, 5):
        assert reading.read_event(dumps(good | {"value": value})) == good | {"value": value}
    assert not isinstance(reading.read_event(dumps(good | {"value": "5"})), dict)
    assert not isinstance(reading.read_event(dumps(good | {"nobody": 5})), dict)
