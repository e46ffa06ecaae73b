"""The collector's process on a real Kafka: what is answered 200 is there, whatever is killed."""

import asyncio
import resource
import signal
from collections import Counter

import httpx2
import pytest

from schemas import codec
from schemas.rejections import RejectedRecord
from schemas.topics import EVENTS, REJECTED
from tests.collector.processes import KEY, Sender, answered, ended, in_order, lag, ready, says, shipped, stored_ids, unready, view
from tests.collector.recording import eventually
from tests.collector.test_mail import address

pytestmark = pytest.mark.kafka


@pytest.fixture
def collector(start_collector):
    return start_collector()


@pytest.fixture
async def http(collector):
    async with httpx2.AsyncClient(base_url=collector.address, timeout=20) as client:
        await eventually(lambda: ready(client, collector), 60)
        yield client


async def test_what_is_answered_200_can_be_read(http, broker, starts):
    events = [view(n, f"v{n % 9}") for n in range(300)]
    bodies = [{"batch": events[n : n + 7]} for n in range(0, 300, 7)]
    answers = await asyncio.gather(*(http.post("/v1/batch", json=body, headers=KEY) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["accepted"] for answer in answers) == 300
    assert await stored_ids(broker, starts) == Counter(event["messageId"] for event in events)
    for record in await broker.read(EVENTS, starts[EVENTS]):
        for event in codec.read_lines(record.value):
            assert codec.partition_of("demo", event["visitor_id"], 4) == record.partition


async def test_bad_events_are_on_the_rejected_topic_and_their_neighbours_are_stored(http, broker, starts):
    large = {**view("large"), "properties": {"a": "a" * 65 * 1024}}
    unknown = {"type": "track", "kind": "teleport", "event": "x", "anonymousId": "v1"}
    answer = await http.post("/v1/batch", json={"batch": [view(1), large, unknown, view(2)]}, headers=KEY)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (200, 2, 2)
    assert await stored_ids(broker, starts) == {"m1": 1, "m2": 1}
    records = await broker.read(REJECTED, starts[REJECTED])
    assert {record.key for record in records} == {b"demo"}
    assert {RejectedRecord.model_validate_json(record.value).reason for record in records} == {"too_large", "unknown_kind"}


async def test_an_oversized_body_is_told_its_limit_on_a_connection_that_lives_on(http, broker, starts):
    answer = await http.post("/v1/batch", content=b"x" * 11_000_000, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await http.post("/v1/page", json=view(1), headers=KEY)).status_code == 200
    assert await stored_ids(broker, starts) == {"m1": 1}


async def test_a_smuggled_request_is_refused(http, collector):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(collector.address.rsplit(":", 1)[1]))
    writer.write(
        b"POST /v1/batch HTTP/1.1\r\nHost: c\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /live HTTP/1.1\r\nHost: c\r\n\r\n"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_without_the_broker_events_are_spooled_and_shipped_when_it_is_back(http, broker, starts):
    senders = [Sender(http) for _ in range(4)]
    for start, sender in enumerate(senders):
        sender.number = start * 1_000_000
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    await eventually(lambda: answered(senders, 100), 30)
    broker.kill()
    try:
        before = sum(len(sender.answered) for sender in senders)
        await eventually(lambda: answered(senders, before + 100), 5)
        await eventually(lambda: says(http, "away, spooling"), 5)
        assert (await http.get("/ready")).status_code == 200
        assert await lag(http) > 0
    finally:
        broker.start()
    await eventually(lambda: says(http, "ok"), 90)
    for sender in senders:
        sender.stopped = True
    await asyncio.gather(*tasks)
    await eventually(lambda: shipped(http), 30)
    records = await broker.read(EVENTS, starts[EVENTS])
    events = [event for record in records for event in codec.read_lines(record.value)]
    stored = Counter(event["event_id"] for event in events)
    for sender in senders:
        assert sender.answered <= stored.keys()
        assert not sender.resent
    assert in_order(events)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_answers_what_was_taken_and_ends_with_zero(http, collector, broker, starts, number):
    sender = Sender(http)
    task = asyncio.create_task(sender.run())
    await eventually(lambda: answered([sender], 50))
    collector.send_signal(number)
    await eventually(lambda: ended(collector), 20)
    sender.stopped = True
    await task
    assert collector.wait() == 0, collector.log.read_text()
    stored = await stored_ids(broker, starts)
    assert sender.answered <= stored.keys()
    assert set(stored.values()) == {1}


async def test_a_stop_without_the_broker_leaves_the_spool_to_the_next_start(http, collector, start_collector, broker, starts):
    try:
        broker.freeze()
        posted = asyncio.create_task(http.post("/v1/page", json=view("late"), headers=KEY))
        clicked = await http.get(address("link"))
        assert clicked.status_code == 302
        assert not posted.done()  # who clicked is led on long before a sender hears that Kafka is away
        assert (await posted).status_code == 200
        collector.terminate()
        await eventually(lambda: ended(collector), 30)
    finally:
        broker.thaw()
    assert collector.wait() == 0, collector.log.read_text()
    async with httpx2.AsyncClient(base_url=start_collector().address, timeout=20) as client:
        await eventually(lambda: ready(client), 60)
        await eventually(lambda: shipped(client), 60)
    click_id = clicked.headers["location"].partition("fp_click=")[2].partition("#")[0]
    assert {"mlate", click_id} <= set(await stored_ids(broker, starts))


async def test_a_full_spool_answers_503_and_is_not_ready(start_collector, broker):
    collector = start_collector(FOOTPRINT_SPOOL_MAX_BYTES="100000")
    async with httpx2.AsyncClient(base_url=collector.address, timeout=20) as client:
        await eventually(lambda: ready(client, collector), 60)
        broker.freeze()
        try:
            big = {**view("big"), "properties": {"a": "a" * 60_000}}
            answers = [await client.post("/v1/page", json={**big, "messageId": f"big{n}"}, headers=KEY) for n in range(2)]
            assert [answer.status_code for answer in answers] == [200, 503]
            assert 1 <= int(answers[1].headers["retry-after"]) <= 5
            await eventually(lambda: unready(client), 10)
        finally:
            broker.thaw()
        await eventually(lambda: shipped(client), 60)
        await eventually(lambda: ready(client), 10)
        assert (await client.post("/v1/page", json=big, headers=KEY)).status_code == 200


async def test_a_disk_that_takes_nothing_answers_503(http, collector, broker):
    resource.prlimit(collector.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))
    broker.freeze()
    try:
        large = {"batch": [{**view(f"disk{n}"), "properties": {"a": "a" * 20_000}} for n in range(3)]}
        answer = await http.post("/v1/batch", json=large, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (503, "not_durable")
        await eventually(lambda: unready(http), 10)
    finally:
        broker.thaw()


async def test_a_collector_that_is_killed_while_kafka_is_away_starts_without_it_and_loses_nothing(
    http, collector, start_collector, broker, starts
):
    broker.kill()
    try:
        for number in range(5):
            assert (await http.post("/v1/page", json=view(f"first{number}"), headers=KEY)).status_code == 200
        collector.kill()
        collector.wait()
        again = start_collector()
        async with httpx2.AsyncClient(base_url=again.address, timeout=20) as client:
            await eventually(lambda: ready(client, again), 30)
            assert (await client.post("/v1/page", json=view("second"), headers=KEY)).status_code == 200
            assert await lag(client) == 6
            broker.start()
            await eventually(lambda: shipped(client), 60)
    finally:
        if broker.process.poll() is not None:
            broker.start()
    stored = await stored_ids(broker, starts)
    assert {"msecond", *(f"mfirst{number}" for number in range(5))} <= stored.keys()
