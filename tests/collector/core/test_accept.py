"""What one message becomes."""

import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.accept import Accepted, accept
from collector.core.drafts import Arrival
from collector.core.mapping import KIND_OF_NAME, TYPES
from collector.core.sites import SiteRules
from schemas import codec
from schemas.events import MAX_EVENT_BYTES, Event
from schemas.kinds import Kind
from schemas.rejections import Reason, Rejection
from schemas.topics import MAX_RECORD_BYTES

NOW = 1_790_000_000_000
SERVER = Arrival(SiteRules("demo"), NOW, address="203.0.113.9", user_agent="python-requests/2")
BROWSER = replace(SERVER, own_device=True, user_agent="Mozilla/5.0")


def run(message, arrival=BROWSER):
    return accept(message, arrival, index=3, new_id=lambda: "made")


def event(message, arrival=BROWSER):
    accepted = run({"type": "track", "event": "Tried", "anonymousId": "v1", **message}, arrival)
    assert isinstance(accepted, Accepted), accepted
    return codec.loads(accepted.encoded)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12)
odd = scalars | values


def object_of(**fields):
    return st.fixed_dictionaries({}, optional=fields)


messages = object_of(
    type=st.sampled_from(TYPES) | odd,
    kind=st.sampled_from([str(kind) for kind in Kind]) | odd,
    event=st.sampled_from(list(KIND_OF_NAME)) | odd,
    messageId=odd,
    anonymousId=texts | odd,
    userId=texts | odd,
    previousId=odd,
    groupId=odd,
    timestamp=odd,
    originalTimestamp=odd,
    sentAt=odd,
    name=odd,
    category=odd,
    pageviewId=odd,
    seq=odd,
    engagedMs=odd,
    scrollPct=odd,
    consent=odd,
    traits=odd,
    properties=odd | object_of(value=odd, revenue=odd, total=odd, currency=odd, message_id=odd, url=odd, name=odd, status=odd),
    context=odd
    | object_of(
        ip=odd | st.ip_addresses().map(str),
        userAgent=odd,
        locale=odd,
        webdriver=odd,
        traits=odd,
        groupId=odd,
        library=odd | object_of(name=odd),
        screen=odd | object_of(width=odd, height=odd),
        page=odd | object_of(url=odd, title=odd, referrer=odd),
    ),
)
arrivals = st.builds(
    Arrival,
    site=st.builds(SiteRules, st.just("demo"), ip=st.sampled_from(["truncate", "full", "drop"])),
    received_at=st.just(NOW),
    address=texts | st.ip_addresses().map(str),
    user_agent=texts,
    own_device=st.booleans(),
    historical=st.booleans(),
    sent_at=odd,
    by_get=st.booleans(),
    default_type=st.sampled_from(["", *TYPES]),
)


@given(messages | odd, arrivals)
def test_every_json_value_becomes_a_valid_event_or_a_rejection(message, arrival):
    result = run(message, arrival)
    if isinstance(result, Rejection):
        assert result.index == 3
        assert result.message.endswith((".", "!"))
    else:
        read = Event.model_validate(codec.loads(result.encoded))
        assert result.owner == (read.visitor_id or read.customer_id or "")
        assert result.owner or read.kind == Kind.CONSENT
        assert read.event_id == result.event_id
        assert None not in codec.loads(result.encoded).values()


@given(messages, st.text(string.ascii_letters, min_size=1), st.dictionaries(texts, scalars))
def test_a_resend_has_the_same_content(message, sent_at, metadata):
    known = {"type": "track", "event": "Tried", "anonymousId": "v1", "properties": message}
    first = run({**known, "sentAt": "2026-01-01"})
    again = run({**dict(reversed(known.items())), "sentAt": sent_at, "_metadata": metadata})
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert first.content_hash == again.content_hash
    assert len(first.content_hash) == 16
    other = run({**known, "event": "Tried again"})
    assert isinstance(other, Accepted)
    assert other.content_hash != first.content_hash


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ([], Reason.NOT_AN_OBJECT),
        (None, Reason.NOT_AN_OBJECT),
        ("x", Reason.NOT_AN_OBJECT),
        ({"event": "x", "userId": "u"}, Reason.UNKNOWN_TYPE),
        ({"type": "delete", "userId": "u"}, Reason.UNKNOWN_TYPE),
        ({"type": ["track"], "userId": "u"}, Reason.UNKNOWN_TYPE),
        ({"type": "track", "kind": "teleport", "event": "x", "userId": "u"}, Reason.UNKNOWN_KIND),
        ({"type": "track", "kind": {"a": 1}, "event": "x", "userId": "u"}, Reason.UNKNOWN_KIND),
        ({"type": "track", "userId": "u"}, Reason.INVALID_EVENT),
        ({"type": "track", "event": "x", "userId": "u", "properties": [1]}, Reason.INVALID_EVENT),
        ({"type": "track", "event": "x", "userId": "u", "messageId": "m" * 201}, Reason.INVALID_EVENT),
        ({"type": "track", "event": "x"}, Reason.NO_ID),
        ({"type": "track", "event": "x", "userId": "", "anonymousId": None}, Reason.NO_ID),
        ({"type": "track", "event": "x", "userId": "undefined"}, Reason.NO_ID),
        ({"type": "track", "event": "x", "userId": "u", "properties": {"a": "a" * 65 * 1024}}, Reason.TOO_LARGE),
    ],
)
def test_a_bad_message_is_turned_away_with_its_reason(message, reason):
    result = run(message)
    assert isinstance(result, Rejection)
    assert (result.reason, result.index) == (reason, 3)
    assert len(result.original) <= 2048


def test_a_message_nested_too_deeply_is_turned_away():
    deep = json.loads("[" * 300 + "]" * 300)
    result = run({"type": "track", "event": "x", "userId": "u", "messageId": "m1", "properties": {"deep": deep}})
    assert isinstance(result, Rejection)
    assert (result.reason, result.event_id) == (Reason.INVALID_EVENT, "m1")


def test_an_event_that_grows_when_written_out_never_exceeds_a_record():
    digits = json.loads("[" + ",".join(["1e15"] * 12_000) + "]")
    result = run({"type": "track", "event": "x", "userId": "u", "properties": {"digits": digits}})
    assert isinstance(result, Rejection) or len(result.encoded) <= MAX_RECORD_BYTES


def test_an_event_of_just_the_limit_is_kept():
    message = {"type": "track", "event": "x", "userId": "u", "properties": {"a": ""}}
    room = MAX_EVENT_BYTES - len(codec.dumps(message))
    assert isinstance(run({**message, "properties": {"a": "a" * room}}), Accepted)
    assert isinstance(run({**message, "properties": {"a": "a" * (room + 1)}}), Rejection)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"anonymousId": "v1", "userId": None}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": ""}, {"visitor_id": "v1"}),
        ({"anonymousId": None, "userId": "u1"}, {"customer_id": "u1"}),
        ({"anonymousId": "v1", "userId": 12345}, {"visitor_id": "v1", "customer_id": "12345"}),
        ({"anonymousId": "v1", "userId": "null"}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": " Guest "}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": "00000000-0000-0000-0000-000000000000"}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": "u" * 201}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": True}, {"visitor_id": "v1"}),
        ({"anonymousId": "v1", "userId": "12.0"}, {"visitor_id": "v1", "customer_id": "12.0"}),
    ],
)
def test_ids_are_kept_as_sent_and_values_that_name_nobody_are_left_out(message, expected):
    kept = event(message)
    assert {name: kept[name] for name in ("visitor_id", "customer_id") if name in kept} == expected


def test_a_junk_id_is_counted():
    accepted = run({"type": "track", "event": "x", "anonymousId": "v1", "userId": "undefined"})
    assert isinstance(accepted, Accepted)
    assert accepted.warnings == ("junk_id",)
    assert accepted.owner == "v1"


@pytest.mark.parametrize(("name", "kind"), [*KIND_OF_NAME.items(), ("Signed Up", "custom"), ("order completed", "custom")])
def test_names_of_segments_specs_become_kinds(name, kind):
    kept = event({"event": name, "properties": {"message_id": 77}})
    assert (kept["kind"], kept["name"], kept["message_id"]) == (kind, name, "77")


@pytest.mark.parametrize(
    ("message", "kind", "name"),
    [
        ({"type": "page", "name": "Prices"}, "page_view", "Prices"),
        ({"type": "page", "name": None, "properties": {"name": "Home"}}, "page_view", "Home"),
        ({"type": "screen"}, "page_view", None),
        ({"type": "identify", "userId": "u"}, "identify", None),
        ({"type": "group", "groupId": "g"}, "group", None),
        ({"type": "alias", "previousId": "v1", "userId": "u"}, "alias", None),
        ({"kind": "click", "event": "outbound"}, "click", "outbound"),
        ({"kind": "engagement", "event": None}, "engagement", None),
        ({"kind": "", "event": "Order Completed"}, "purchase", "Order Completed"),
        ({"event": 7}, "custom", "7"),
    ],
)
def test_type_kind_and_name_decide_the_kind(message, kind, name):
    kept = event(message)
    assert (kept["kind"], kept.get("name")) == (kind, name)


@pytest.mark.parametrize(
    ("message", "created", "sent"),
    [
        ({"timestamp": "2026-01-02T03:04:05Z"}, "2026-01-02T03:04:05Z", "batch"),
        ({"originalTimestamp": "2026-01-02T03:04:05.123456+00:00"}, "2026-01-02T03:04:05.123456+00:00", "batch"),
        ({"timestamp": None, "originalTimestamp": "o", "sentAt": "own"}, "o", "own"),
        ({"timestamp": "t", "originalTimestamp": "o"}, "t", "batch"),
        ({"timestamp": 1_790_000_000_000}, 1_790_000_000_000, "batch"),
        ({"timestamp": {"a": 1}, "sentAt": ""}, None, "batch"),
    ],
)
def test_the_clients_clocks_are_kept_as_sent(message, created, sent):
    kept = event(message, replace(BROWSER, sent_at="batch"))
    assert (kept.get("created_at"), kept.get("sent_at"), kept["received_at"]) == (created, sent, NOW)


@pytest.mark.parametrize(
    ("arrival", "context", "ip", "agent"),
    [
        (BROWSER, {}, "203.0.113.0", "Mozilla/5.0"),
        (BROWSER, {"ip": "192.0.2.55"}, "203.0.113.0", "Mozilla/5.0"),
        (BROWSER, {"userAgent": "Told/1"}, "203.0.113.0", "Told/1"),
        (SERVER, {}, None, None),
        (SERVER, {"ip": "192.0.2.55", "userAgent": "Visitor/1"}, "192.0.2.0", "Visitor/1"),
        (SERVER, {"ip": "2001:db8:1:2::3"}, "2001:db8:1::", None),
        (SERVER, {"ip": "::ffff:192.0.2.55"}, "192.0.2.0", None),
        (SERVER, {"ip": "not one"}, None, None),
        (SERVER, {"library": {"name": "fp.js"}}, "203.0.113.0", "python-requests/2"),
        (replace(BROWSER, site=SiteRules("demo", ip="full")), {}, "203.0.113.9", "Mozilla/5.0"),
        (replace(BROWSER, site=SiteRules("demo", ip="drop")), {}, None, "Mozilla/5.0"),
    ],
)
def test_only_the_visitors_own_address_and_user_agent_are_kept(arrival, context, ip, agent):
    kept = event({"context": context}, arrival)
    assert (kept.get("ip"), kept.get("user_agent")) == (ip, agent)


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"value": 5}, 5.0),
        ({"revenue": "12.50"}, 12.5),
        ({"total": 99, "revenue": "free"}, 99.0),
        ({"value": None, "total": " 7 "}, 7.0),
        ({"value": "NaN"}, None),
        ({"value": True}, None),
        ({"value": [1]}, None),
    ],
)
def test_value_is_read_from_numbers_and_their_digits(properties, value):
    kept = event({"event": "Order Completed", "properties": {**properties, "currency": "EUR"}})
    assert (kept.get("value"), kept["currency"], kept["props"]) == (value, "EUR", {**properties, "currency": "EUR"})


def test_traits_are_found_in_either_place():
    either = event({"type": "identify", "userId": "u", "traits": {"plan": "pro"}, "context": {"traits": {"plan": "free", "city": "Graz"}}})
    assert either["traits"] == {"plan": "pro", "city": "Graz"}
    assert "traits" not in event({"context": {"traits": {"plan": "free"}}})


def test_a_page_is_read_from_context_and_properties():
    kept = event(
        {"type": "page", "properties": {"title": "T", "url": "https://p/"}, "context": {"page": {"url": "https://c/", "referrer": ""}}}
    )
    assert (kept["url"], kept["title"]) == ("https://c/", "T")
    assert "referrer" not in kept


def test_the_snippets_fields_are_kept_and_clamped():
    kept = event(
        {
            "kind": "engagement",
            "pageviewId": "p1",
            "seq": "4",
            "engagedMs": 99_999_999_999,
            "scrollPct": -3.5,
            "context": {"screen": {"width": 1280, "height": "720"}, "locale": "de-AT", "webdriver": True, "library": {"name": "fp.js"}},
        }
    )
    assert (kept["pageview_id"], kept["seq"], kept["engaged_ms"], kept["scroll_pct"]) == ("p1", 4, 14_400_000, 0)
    assert (kept["screen_width"], kept["screen_height"], kept["language"]) == (1280, 720, "de-AT")
    assert kept["webdriver"] is True
    assert kept["library"] == "fp.js"


@pytest.mark.parametrize(
    ("message", "visitor"),
    [
        ({"anonymousId": None, "previousId": "v9", "userId": "u"}, "v9"),
        ({"anonymousId": "v1", "previousId": "v9", "userId": "u"}, "v1"),
        ({"anonymousId": None, "previousId": "u", "userId": "u"}, None),
    ],
)
def test_an_alias_without_a_visitor_goes_where_the_named_visitor_lives(message, visitor):
    kept = event({"type": "alias", **message})
    assert kept.get("visitor_id") == visitor
    assert kept["previous_id"] == message["previousId"]


def test_an_event_without_an_id_gets_one():
    assert event({})["event_id"] == "made"
    assert event({"messageId": ""})["event_id"] == "made"
    assert event({"messageId": "undefined"})["event_id"] == "made"
    assert event({"messageId": "node-next-1-x"})["event_id"] == "node-next-1-x"


def test_the_paths_type_counts_when_the_message_names_none():
    assert event({"type": None, "name": "Home"}, replace(BROWSER, default_type="page"))["kind"] == "page_view"


def test_history_is_marked():
    assert event({}, replace(SERVER, historical=True))["historical"] is True
    assert "historical" not in event({})


def test_a_choice_of_consent_is_kept_without_a_name():
    accepted = run({"type": "track", "kind": "consent", "event": "Consent Updated", "properties": {"consent": "denied"}})
    assert isinstance(accepted, Accepted)
    kept = codec.loads(accepted.encoded)
    assert (accepted.owner, kept["consent"], kept["kind"]) == ("", "denied", "consent")
