"""The short way to an event comes to what the long way comes to, or leaves the message to it."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.core.accept import Accepted, accept
from collector.core.bodies import read_body
from collector.core.plain import PlainEvents
from collector.core.shapes import Context, Library, Message, Page, Screen, read_shapes, sent
from schemas import codec
from tests.collector.core.test_accept import BROWSER, arrivals, messages, odd, scalars, texts

LIMIT = 10_000_000


def both(body, arrival):
    """Return what each way makes of a body; None for what the short way leaves alone."""
    shaped = read_shapes(body, batch=False)
    short = PlainEvents(arrival, lambda: "made").accept(shaped.batch[0]) if shaped and arrival.is_plain else None
    return short, accept(read_body(body, limit=LIMIT), arrival, index=0, new_id=lambda: "made")


def same(short, long):
    assert isinstance(long, Accepted), long
    assert codec.loads(short.encoded) == codec.loads(long.encoded)
    assert (short.event_id, short.content_hash, short.owner, short.warnings) == (
        long.event_id,
        long.content_hash,
        long.owner,
        long.warnings,
    )


ids = st.uuids().map(str) | texts | st.sampled_from(["null", " undefined ", '"nan"', "0", "a" * 201]) | st.none()
names = st.sampled_from(["url", "title", "referrer", "name", "value", "revenue", "total", "currency", "message_id", "category"])
properties = st.dictionaries(
    names | texts, scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=3), max_size=5
)
likely = st.fixed_dictionaries(
    {"type": st.sampled_from(["page", "screen", "track", "identify", "group"])},
    optional={
        "kind": st.sampled_from(["click", "form_submit", "engagement", "custom"]),
        "event": st.sampled_from(["Order Completed", "Signed Up", ""]) | texts,
        "name": texts,
        "category": texts,
        "messageId": ids,
        "anonymousId": ids,
        "userId": ids,
        "groupId": texts,
        "timestamp": texts | st.just("2026-01-01T00:00:00Z"),
        "originalTimestamp": texts,
        "sentAt": texts,
        "writeKey": texts,
        "_metadata": properties,
        "pageviewId": ids,
        "seq": st.integers(-1, 2**31),
        "engagedMs": st.integers(0, 14_400_001),
        "scrollPct": st.integers(0, 101),
        "properties": properties,
        "traits": properties,
        "integrations": st.dictionaries(texts, st.booleans(), max_size=2),
        "context": st.fixed_dictionaries(
            {},
            optional={
                "page": st.fixed_dictionaries({}, optional={name: texts | st.none() for name in ("url", "title", "referrer", "path")}),
                "screen": st.fixed_dictionaries({}, optional={"width": st.integers(-1, 70_000), "height": st.integers(0, 70_000)}),
                "library": st.fixed_dictionaries({}, optional={"name": st.just("fp.js") | texts, "version": texts}),
                "locale": texts,
                "userAgent": texts,
                "webdriver": st.booleans(),
                "timezone": texts,
            },
        ),
    },
)


@given(likely | messages, arrivals)
@example({"type": "page", "anonymousId": "v" * 40}, BROWSER)
@example({"type": "track", "event": "x", "userId": "u1", "properties": {"a": 1e15, "b": 1e-7, "c": -0.0, "d": 2**63}}, BROWSER)
@example({"type": "track", "event": "x", "userId": "u1", "properties": {"a": "\x7f\u2028\ud83d\ude00\x00\b\f"}}, BROWSER)
def test_what_the_short_way_accepts_is_what_the_long_way_accepts(message, arrival):
    short, long = both(json.dumps(message).encode(), arrival)
    if short is not None:
        same(short, long)


@given(likely | messages)
def test_a_message_of_a_known_shape_is_given_back_as_it_was_sent(message):
    shaped = read_shapes(json.dumps(message).encode(), batch=False)
    if shaped is not None:
        assert sent(shaped.batch[0]) == message


@given(st.binary(max_size=200) | odd.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_shapes_or_left_alone(body):
    for batch in (True, False):
        read_shapes(body, batch=batch)


def test_a_key_that_comes_twice_is_read_alike():
    short, long = both(b'{"type":"page","anonymousId":"v1","anonymousId":"v2","context":{"page":{"url":"a","url":"b"}}}', BROWSER)
    assert short is not None
    same(short, long)


def test_the_usual_messages_take_the_short_way():
    view = {
        "type": "page",
        "messageId": "0192f3c4-0000-7000-8000-000000000001",
        "anonymousId": "0192f3c4-0000-7000-8000-000000000002",
        "timestamp": "2026-01-01T10:00:00.000Z",
        "pageviewId": "0192f3c4-0000-7000-8000-000000000003",
        "seq": 0,
        "context": {
            "page": {"url": "https://shop.example/a?b=c", "title": "A", "referrer": ""},
            "screen": {"width": 1280, "height": 800},
            "locale": "en-GB",
            "library": {"name": "fp.js", "version": "1.0.0"},
            "webdriver": False,
        },
    }
    order = {
        "type": "track",
        "event": "Order Completed",
        "userId": "u1",
        "anonymousId": None,
        "properties": {"total": 9.5, "currency": "EUR", "products": [{"sku": "a", "price": 1, "tags": ["x"]}]},
        "integrations": {},
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    }
    click = {**view, "type": "track", "kind": "click", "event": "Buy", "properties": {"text": "Buy", "x": 1}}
    for message in (view, order, click):
        short, long = both(json.dumps(message).encode(), BROWSER)
        assert short is not None
        same(short, long)


@pytest.mark.parametrize("shape", [Message, Context, Page, Screen, Library])
def test_the_fields_of_a_shape_stand_in_the_order_that_its_hash_is_of(shape):
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    assert names == sorted(names)
