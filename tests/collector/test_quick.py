"""The quick way writes what the ordinary way writes, says what it says, and forgets what has changed."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.sites import SiteRules
from collector.core.suppression import Suppressions, entry_of
from tests.collector.conftest import NOW
from tests.collector.core.test_plain import likely
from tests.collector.recording import RecordingPublisher, eventually
from tests.collector.serving import serving
from tests.collector.test_transports import ORIGIN, request, view

KEY = "X-Write-Key: demo-key"


def pixel(message):
    return "/v1/pixel/page?data=" + base64.urlsafe_b64encode(json.dumps(message).encode()).decode().rstrip("=")


def batch(*messages):
    return request("POST", "/v1/batch", json.dumps({"batch": messages, "sentAt": "2026-01-01T00:00:00Z"}).encode(), ORIGIN)


class Line:
    """A collector with one connection, whose requests are written one after another; `quickly` are those that went the quick way."""

    def __init__(self, app, publisher):
        self.app, self.publisher, self.quickly = app, publisher, 0
        take = app.ingest.quick.take

        def counted(*args):
            taken = take(*args)
            self.quickly += taken
            return taken

        app.ingest.quick.take = counted

    async def connect(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(self, sent):
        """Return the answer to one request, and what it stored."""
        self.publisher.events.clear()
        self.writer.write(sent)
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            return head + await self.reader.readexactly(length), self.publisher.stored

    async def say_until_quick(self, sent):
        """Send one request three times: only the third goes the quick way, and all come to the same. Returns what that is."""
        first = await self.say(sent)
        for quickly in (0, 1):
            assert await self.say(sent) == first
            assert self.quickly == quickly
        return first


@asynccontextmanager
async def lines(config):
    publisher = RecordingPublisher()
    app = create_app(config, publisher, now_ms=lambda: NOW)
    line = Line(app, publisher)
    async with serving(app, "fast") as port:
        await line.connect(port)
        yield line
        line.writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/v1/page", view(1)),
        request("POST", "/v1/page", view(1), ORIGIN),
        request("POST", "/v1/page?historical=1", view(1)),
        request("POST", "/v1/page", view(1), "X-Forwarded-For: 203.0.113.7"),
        batch({"type": "page", "anonymousId": "v1", "messageId": "m1"}, {"type": "page", "userId": "u1", "messageId": "m2"}),
        batch(*[{"type": "page", "anonymousId": "v1", "messageId": "m1"}] * 3),
        request("GET", pixel({"anonymousId": "v1", "messageId": "m1", "writeKey": "demo-key"}), b"").replace(b"Content-Length: 0\r\n", b""),
    ],
    ids=["a view", "a browser's", "history", "forwarded", "a batch", "repeats", "a pixel"],
)
async def test_a_repeated_head_goes_quickly_and_comes_to_the_same(config, sent):
    async with lines(config) as line:
        answer, events = await line.say_until_quick(sent)
        assert answer.startswith(b"HTTP/1.1 200")
        assert events


@given(likely, st.sampled_from([(), (ORIGIN,), (ORIGIN, "User-Agent: Mozilla/5.0"), ("Sec-GPC: 1", ORIGIN), ("DNT: 1",)]), st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message_comes_to_the_same_on_both_ways(config, message, headers, in_batch):
    message = {"messageId": "m1", **{name: value for name, value in message.items() if value is not None or name != "messageId"}}
    body = json.dumps({"batch": [message]} if in_batch else message).encode()
    sent = request("POST", "/v1/batch" if in_batch else "/v1/track", body, *headers)

    async def thrice():
        async with lines(config) as line:
            return await line.say(sent), await line.say(sent), await line.say(sent)

    first, _, second = asyncio.run(thrice())
    for event in [*first[1], *second[1]]:
        if event["event_id"] != message.get("messageId"):
            event.pop("event_id")
    assert first == second


@pytest.mark.parametrize(
    "rules", [{"dnt": True}, {"anonymous_key": b"k"}, {"hash_key": b"k"}, {"cookie_keys": (b"k",)}, {"rate_per_key": 5.0}]
)
async def test_a_site_with_rules_of_its_own_goes_the_ordinary_way(config, rules):
    site = SiteRules("demo", **rules)
    async with lines(replace(config, sites={"demo-key": site}, rules={"demo": site})) as line:
        sent = request("POST", "/v1/page", view(1), ORIGIN, "DNT: 1")
        for _ in range(3):
            await line.say(sent)
        assert line.quickly == 0


async def test_a_key_that_is_gone_is_refused_at_once(config):
    async with lines(config) as line:
        sent = request("POST", "/v1/page", view(1))
        for _ in range(3):
            await line.say(sent)
        line.app.reload(CollectorConfig(sites={}, partitions=config.partitions))
        answer, stored = await line.say(sent)
        assert answer.startswith(b"HTTP/1.1 401")
        assert not stored
        assert line.quickly == 1


async def test_somebody_suppressed_is_not_stored_and_all_others_go_quickly(config):
    async with lines(config) as line:
        him, her = (request("POST", "/v1/page", view(1, userId=person)) for person in ("him", "her"))
        await line.say(him)
        await line.say(him)
        live = line.app.ingest._handlers._live
        live.suppressions = Suppressions("secret", [entry_of("secret", "demo", "him")])
        answer, stored = await line.say(him)
        assert b'"accepted":0' in answer
        assert not stored
        assert (await line.say(her))[1][0]["customer_id"] == "her"
        assert line.quickly == 1


async def test_while_the_broker_is_away_the_quick_way_says_so(config):
    async with lines(config) as line:
        sent = request("POST", "/v1/page", view(1), ORIGIN)
        await line.say(sent)
        await line.say(sent)
        line.publisher.away = True
        answer, stored = await line.say(sent)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: " in answer
        assert b"access-control-allow-origin: https://shop.example" in answer
        assert not stored
        assert line.quickly == 1


async def test_a_request_behind_a_quick_one_is_answered_after_it(config):
    async with lines(config) as line:
        for number in range(2):
            await line.say(request("POST", "/v1/page", view(number)))
        line.publisher.hold = asyncio.Event()
        line.writer.write(request("POST", "/v1/page", view(2)))
        await eventually(lambda: asyncio.sleep(0, line.publisher.held))
        asyncio.get_running_loop().call_later(0.02, line.publisher.hold.set)
        assert (await line.say(request("POST", "/t", b"{")))[0].startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(10):
            assert (await line.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 400")
        assert line.quickly == 1
