"""What is done in fewer steps for the usual event comes to the same as the long way."""

import uuid
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import dumps, loads
from streams.core import reading
from streams.core.enrich import CONSUMED, enrich
from streams.core.rules import SiteRules
from streams.core.sessions import NAMESPACE, session_id_of
from streams.core.totals import add, append, order_of, totals_of
from tests.streams.core.logs import BROWSING, MINUTE, event, logs

RULES = SiteRules(allow=("friend",))


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
