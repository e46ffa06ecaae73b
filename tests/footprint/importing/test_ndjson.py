from hypothesis import given
from hypothesis import strategies as st

from footprint.importing.ids import event_id_of
from footprint.importing.ndjson import message_of, outcome_of
from footprint.importing.outcomes import Broken, Ready
from schemas.codec import dumps
from schemas.rejections import Reason


def read(value, *, own):
    line = value if isinstance(value, bytes) else dumps(value)
    return outcome_of(line, earlier=0, site="demo", own=own)


def test_an_event_with_own_names_becomes_the_message_the_collector_knows():
    event = {
        "event_id": "e1",
        "visitor_id": "v1",
        "customer_id": "c1",
        "kind": "purchase",
        "name": "Order Completed",
        "event_time": "2024-03-01 10:00:00.250",
        "created_at": "2024-03-01 09:00:00.000",
        "url": "https://shop.example/thanks",
        "referrer": "",
        "ip": "192.0.2.0",
        "value": 12.5,
        "currency": "EUR",
        "screen_width": 390,
        "props": {"coupon": "MAY"},
        "session_id": "derived",
    }
    assert message_of(event) == {
        "type": "track",
        "kind": "purchase",
        "event": "Order Completed",
        "messageId": "e1",
        "anonymousId": "v1",
        "userId": "c1",
        "timestamp": "2024-03-01 10:00:00.250",
        "context": {
            "page": {"url": "https://shop.example/thanks"},
            "ip": "192.0.2.0",
            "library": {"name": "footprint-import"},
            "screen": {"width": 390},
        },
        "properties": {"coupon": "MAY", "value": 12.5, "currency": "EUR"},
    }


def test_kinds_that_are_calls_of_their_own_keep_them():
    assert [message_of({"kind": kind})["type"] for kind in ("page_view", "identify", "alias", "group", "click")] == [
        "page",
        "identify",
        "alias",
        "group",
        "track",
    ]


def test_a_segment_message_passes_as_it_is():
    message = {"type": "track", "event": "A", "messageId": "m", "anonymousId": "v", "timestamp": "2024-01-01T00:00:00Z"}
    assert read(message, own=False) == Ready("m", "v", message)


def test_an_old_sent_at_is_left_out_because_it_would_shift_the_time():
    outcome = read({"type": "page", "messageId": "m", "sentAt": "2015-01-01T00:00:00Z"}, own=False)
    assert isinstance(outcome, Ready)
    assert "sentAt" not in outcome.message


def test_a_line_without_a_usable_id_gets_one_from_its_bytes():
    for unusable in (None, "", {}, "x" * 201, True):
        line = dumps({"type": "page", "messageId": unusable})
        outcome = read(line, own=False)
        assert isinstance(outcome, Ready)
        assert outcome.event_id == outcome.message["messageId"] == event_id_of("demo", line, 0)


def test_a_line_that_is_no_json_object_is_rejected_under_an_id_of_its_own():
    for line, reason in ((b"{broken", Reason.UNREADABLE), (b"[1]", Reason.NOT_AN_OBJECT), (b"3", Reason.NOT_AN_OBJECT)):
        outcome = read(line, own=True)
        assert isinstance(outcome, Broken)
        assert (outcome.reason, outcome.event_id) == (reason, event_id_of("demo", line, 0))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["event_id", "visitor_id", "kind", "name", "props", "url", "value", "library", "screen_width", "seq", "event_time"])


@given(st.dictionaries(NAMES, JSON), st.booleans())
def test_any_object_becomes_a_message_with_an_id(value, own):
    outcome = read(value, own=own)
    assert isinstance(outcome, Ready)
    assert outcome.event_id
