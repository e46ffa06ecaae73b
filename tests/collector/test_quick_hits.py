"""Opens and clicks come to the same on every way, and on the quick one where a head is known."""

from dataclasses import replace

import pytest

from collector.core.links import LinkReader
from collector.core.sites import SiteRules
from tests.collector.test_mail import address
from tests.collector.test_quick import lines
from tests.collector.test_transports import ORIGIN

BROWSER = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"


@pytest.fixture
def config(config):
    return replace(config, links=LinkReader(["key"], ["retired"]), rules={"demo": SiteRules("demo")})


@pytest.fixture(autouse=True)
def made(monkeypatch):
    monkeypatch.setattr("collector.app._new_id", lambda: "made")


def hit(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: c", *headers]).encode() + b"\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        hit(address("pixel"), BROWSER),
        hit(address("pixel") + "/", BROWSER),
        hit(address("link"), BROWSER),
        hit(address("link"), BROWSER, ORIGIN),
        hit(address("link"), "X-Forwarded-For: 203.0.113.7"),
        hit(address("link"), "Sec-Purpose: prefetch;prerender"),
        hit(address("pixel"), "X-Moz: prefetch"),
    ],
    ids=["open", "slash", "click", "origin", "forwarded", "prefetch", "firefox"],
)
async def test_a_hit_whose_head_is_known_goes_quickly_and_comes_to_the_same(config, sent):
    async with lines(config) as line:
        answer, events = await line.say_until_quick(sent)
        assert answer.startswith(b"HTTP/1.1 302" if b"/e/c/" in sent else b"HTTP/1.1 200")
        assert len(events) == 1


@pytest.mark.parametrize(
    "sent",
    [
        hit(address("link"), "Sec-GPC: 1"),
        hit(address("link", key="retired"), BROWSER, "Accept-Language: de"),
        hit(address("link", key="other"), BROWSER),
        hit(address("pixel", key="other"), BROWSER),
        hit(address("link") + "?a=1", BROWSER),
        hit(address("link").replace("/e/c/", "/e/%63/"), BROWSER),
        hit(address("link")[:-1] + "%41", BROWSER),
    ],
    ids=["declined", "retired", "tampered", "tampered pixel", "query", "escaped path", "escaped token"],
)
async def test_what_asks_for_more_goes_the_ordinary_way_each_time(config, sent):
    async with lines(config) as line:
        first = await line.say(sent)
        assert [await line.say(sent) for _ in range(3)] == [first] * 3
        assert line.quickly == 0


async def test_a_hit_that_cannot_be_kept_is_answered_quickly_all_the_same(config):
    async with lines(config) as line:
        for path in (address("link"), address("pixel")):
            good = await line.say(hit(path, BROWSER))
            await line.say(hit(path, BROWSER))
            line.publisher.away = True
            quickly = line.quickly
            assert await line.say(hit(path, BROWSER)) == (good[0], [])
            assert line.quickly == quickly + 1
            line.publisher.away = False


async def test_a_site_that_keeps_pseudonyms_goes_the_ordinary_way(config):
    async with lines(replace(config, rules={"demo": SiteRules("demo", hash_key=b"k")})) as line:
        answers = [await line.say(hit(address("link"), BROWSER)) for _ in range(3)]
        assert line.quickly == 0
        assert answers[0] == answers[2]
        assert answers[0][1][0]["customer_id"] != "c1"
