"""`GET /v1/suppressions`: the list of the key's own site, whole or not at all."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import httpx2
import pytest

from collector.app import create_app
from collector.core.keyring import KeptKey, hash_of, write_keys
from collector.core.links import LinkReader, Mailed, sign
from collector.core.signing import pseudonym
from collector.core.sites import SiteRules
from collector.kafka import KafkaTable, lies_at_home
from collector.live import LivePaths
from collector.ports import Tables
from schemas.codec import key_partition
from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.topics import PREFERENCES
from tests.collector.conftest import NOW
from tests.collector.core.test_opt_outs import record
from tests.collector.recording import eventually
from tests.collector.serving import TRANSPORTS, serving


class Consumer:
    """A consumer whose connection ends while somebody waits for an answer: aiokafka cancels what is waited for."""

    stopped = 0

    def __init__(self, **_):
        pass

    async def start(self):
        pass

    async def stop(self):
        Consumer.stopped += 1

    def assign(self, _):
        pass

    async def seek_to_beginning(self, *_):
        pass

    async def end_offsets(self, partitions):
        waited_for = asyncio.get_running_loop().create_future()
        waited_for.cancel()
        await waited_for


SECRET = {"authorization": "Bearer fp_s_demo"}


class Topic:
    """The preferences topic, read as far as the test says."""

    def __init__(self, *records):
        self.records, self.readable, self.asked, self.lost = list(records), asyncio.Event(), 0, asyncio.Event()
        self.readable.set()

    async def follow(self, put, whole):
        self.asked += 1
        await self.readable.wait()
        for key, value in self.records:
            put(key, value)
        whole()
        await self.lost.wait()
        self.lost.clear()
        raise Retryable("lost")


@pytest.fixture
def config(config, tmp_path):
    keys = [KeptKey(hash_of(f"fp_{kind[0]}_{site}"), site, kind, "fp", NOW) for site in ("demo", "shop") for kind in ("secret", "write")]
    (tmp_path / "keys.json").write_bytes(write_keys(keys))
    return replace(config, live=LivePaths(tmp_path / "keys.json", tmp_path / "suppressed", tmp_path / "key"))


@pytest.fixture
def topic():
    return Topic(record("demo", "a", all="out"), record("demo", "b", news="out"), record("shop", "c", all="out"))


@pytest.fixture
def app(config, publisher, topic):
    return create_app(config, publisher, now_ms=lambda: NOW, tables=Tables(topic))


@pytest.fixture
async def port(app):
    async with serving(app, "fast") as port:
        yield port


async def asked(http, query="", **headers):
    return await http.get(f"/v1/suppressions{query}", headers=SECRET | headers)


@pytest.fixture
def transport():
    return TRANSPORTS[0]


async def test_the_list_of_the_keys_site_is_told_and_again_only_when_it_has_changed(http, topic):
    answer = await asked(http)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    body = answer.json()
    assert (body["site"], [entry["customer"] for entry in body["suppressions"]], body["next"]) == ("demo", ["a", "b"], None)
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await asked(http, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await asked(http, "/?topic=offers", **{"if-none-match": tag})).status_code == 200
    topic.records.append(record("demo", "d", all="out"))
    topic.lost.set()

    async def changed():
        return (await asked(http, **{"if-none-match": tag})).status_code == 200

    await eventually(changed)


async def test_pages_go_on_after_the_last_customer(http):
    first = (await asked(http, "?limit=1")).json()
    assert ([entry["customer"] for entry in first["suppressions"]], first["next"]) == (["a"], "a")
    second = (await asked(http, "?limit=1&after=a")).json()
    assert ([entry["customer"] for entry in second["suppressions"]], second["next"]) == (["b"], None)
    for limit in ("0", "1001", "x", "-1", "¹", ""):
        assert (await asked(http, f"?limit={limit}")).status_code == 400


@pytest.mark.parametrize("key", ["", "Bearer fp_w_demo", "Bearer nobody", "Basic ZGVtby1rZXk6"])
async def test_only_a_secret_key_reads(http, key):
    answer = await http.get("/v1/suppressions?writeKey=fp_s_demo", headers={"authorization": key} if key else {})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert (await http.post("/v1/track", json={"userId": "u", "event": "x"}, headers=SECRET)).status_code == 401


async def test_a_list_that_was_not_read_to_its_end_is_not_told(config, publisher, topic, http):
    unread = Topic()
    unread.readable.clear()
    app = create_app(config, publisher, tables=Tables(unread))
    async with serving(app, "fast") as port:
        answer = await http.get(f"http://127.0.0.1:{port}/v1/suppressions", headers=SECRET)
        assert (answer.status_code, answer.json()["code"]) == (503, "not_known")
        assert int(answer.headers["retry-after"]) >= 1


async def test_a_list_that_nobody_confirms_is_not_told(http, monkeypatch):
    assert (await asked(http)).status_code == 200
    monkeypatch.setattr("collector.opt_outs.STALE_S", 0.0)
    assert (await asked(http)).status_code == 503


async def test_a_lost_connection_keeps_the_list_until_the_next_is_whole(http, topic, monkeypatch):
    monkeypatch.setattr("collector.opt_outs.RETRY_S", 0.01)
    topic.records.clear()
    topic.readable.clear()
    topic.lost.set()

    async def asked_again():
        return topic.asked == 2

    await eventually(asked_again)
    assert len((await asked(http)).json()["suppressions"]) == 2
    topic.readable.set()

    async def empty():
        return not (await asked(http)).json()["suppressions"]

    await eventually(empty)


async def test_a_connection_that_ends_is_not_the_end_of_who_follows(monkeypatch):
    monkeypatch.setattr("collector.kafka.AIOKafkaConsumer", Consumer)
    table = KafkaTable(KafkaConnection("127.0.0.1:1"), PREFERENCES, partitions=1)
    before = Consumer.stopped
    with pytest.raises(Retryable, match="does not answer"):
        await table.follow(lambda key, value: None, lambda: None)
    assert Consumer.stopped == before + 1


@pytest.mark.parametrize("hash_key", [b"", b"k"])
async def test_the_page_of_preferences_shows_what_stands(config, publisher, hash_key):
    who = pseudonym(hash_key, "c1") if hash_key else "c1"
    rules = SiteRules("demo", topics={"news": "News", "offers": "Offers"}, hash_key=hash_key)
    config = replace(config, rules={"demo": rules}, links=LinkReader(["key"]))
    topic = Topic(record("demo", who, offers="out"), record("demo", "c2", all="out"))
    async with serving(create_app(config, publisher, tables=Tables(topic)), "fast") as port, httpx2.AsyncClient() as client:

        async def ticked(customer):
            token = sign(Mailed("demo", "m", customer), "unsubscribe", "key")
            page = (await client.get(f"http://127.0.0.1:{port}/e/u/{token}")).text
            return [name for name in rules.topics if f'value="{name}" checked' in page]

        assert await ticked("c1") == ["news"]
        assert await ticked("c2") == (["news", "offers"] if hash_key else [])
        assert await ticked("c3") == ["news", "offers"]
    assert not publisher.stored


@pytest.mark.parametrize("key", [b"shop:c1", b"shop:c2", b"lab:c:3"])
def test_what_an_old_partition_still_holds_of_a_key_is_no_news(key):
    home = [number for number in range(12) if lies_at_home(SimpleNamespace(key=key, partition=number), 12)]
    assert home == [key_partition(key, 12)]
