"""Any request gives an outcome: real bodies and queries, broken in every way, never raise and never write what is no event."""

import base64
import gzip
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.config import CollectorConfig
from collector.core.routes import ROUTES
from collector.core.sites import SiteRules
from collector.handlers import Handlers, Request
from schemas import codec
from schemas.events import Event
from schemas.rejections import RejectedRecord

ODD = st.sampled_from(
    [
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 40,
        b'"\\ud800"',
        b'"\\u0000"',
        b"\xff",
        b"{}",
        b"[]",
        b"null",
        b'""',
        b"[" * 300,
        b'{"a":' * 300,
        b",",
        b'"',
        b"\\",
        b"\0",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["null", "granted", "1e3", "page"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["type", "kind", "event", "name", "messageId", "anonymousId", "userId", "previousId", "groupId", "timestamp", "originalTimestamp",
         "sentAt", "properties", "traits", "context", "category", "consent", "pageviewId", "seq", "engagedMs", "scrollPct", "writeKey"]  # fmt: skip
GOOD = {
    "type": "track", "event": "Order Completed", "anonymousId": "v1", "userId": "c1", "messageId": "m1", "timestamp": "2026-11-22T01:00:00Z",
    "properties": {"revenue": 1.5, "currency": "EUR"}, "context": {"page": {"url": "https://a.example/"}, "traits": {"a": 1}, "ip": "192.0.2.1"},
}  # fmt: skip
MESSAGES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6).map(lambda changed: {**GOOD, **changed}) | VALUES
PAYLOADS = st.lists(MESSAGES, max_size=4).map(lambda batch: {"batch": batch, "sentAt": "2026-11-22T01:00:00Z"}) | MESSAGES
HANDLERS = Handlers(CollectorConfig(sites={"demo": SiteRules("demo")}, partitions=4), new_id=lambda: "made", retry_after=lambda: 1)
POSTS = sorted(path for path, route in ROUTES.items() if route.form in ("batch", "single"))


@st.composite
def bodies(draw):
    """A valid body, maybe with bytes cut, repeated or put in, maybe gzipped, maybe cut again."""
    body = json.dumps(draw(PAYLOADS), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        kept = draw(st.sampled_from(["cut", "repeat", "put"]))
        body = body[:start] + (b"" if kept == "cut" else body[start:end] * 2 if kept == "repeat" else draw(ODD)) + body[end:]
    if draw(st.booleans()):
        body = gzip.compress(body)[: draw(st.integers(0, 2000))]
    return body


def check(outcome, statuses):
    assert outcome.answer.status in statuses
    if outcome.publication is not None:
        for lines in outcome.publication.events.values():
            for line in lines:
                assert Event.model_validate(codec.loads(line)).site == "demo"
        for _, record in outcome.publication.rejected:
            RejectedRecord.model_validate(codec.loads(record))


def ask(path, query="", body=b"", **headers):
    return HANDLERS.handle(Request(ROUTES[path], query, headers, body, "198.51.100.7", 1_790_000_000_000))


@settings(max_examples=150, deadline=None)
@given(bodies(), st.sampled_from(POSTS), st.sampled_from(["", "writeKey=demo", "historical=1&writeKey=demo"]))
def test_no_body_breaks_the_collector(body, path, query):
    check(ask(path, query, body, **({} if query else {"x-write-key": "demo"})), {200, 400, 401, 413})


PARTS = st.sampled_from(["=", "&", ".", "%", "%00", "%ff", "%ed%a0%80", "+", "data", "writeKey=demo", "anonymousId=v1", "event=x", "properties.a.b=1",
                         "properties=1", "context.page.url=https://a.example", "timestamp=1e308", "messageId=", "__proto__.a=1", ";"]) | st.text(max_size=5)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, max_size=12).map("&".join) | st.lists(PARTS, max_size=12).map("".join))
def test_no_query_breaks_the_collector(query):
    check(ask("/v1/pixel/track", query), {200})
    check(ask("/v1/page", query, json.dumps(GOOD).encode()), {200, 401})


@settings(max_examples=80, deadline=None)
@given(bodies(), st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]), st.integers(0, 3000))
def test_no_pixel_data_breaks_the_collector(body, encode, length):
    check(ask("/v1/pixel/page", "writeKey=demo&data=" + encode(body).decode()[:length]), {200})


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["authorization", "x-write-key", "origin", "user-agent", "x-forwarded-for", "content-encoding", "sec-gpc", "dnt", "cookie"]),
                       st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)))  # fmt: skip
def test_no_header_breaks_the_collector(headers):
    check(ask("/v1/page", "writeKey=demo", json.dumps(GOOD).encode(), **headers), {200, 401, 400})
