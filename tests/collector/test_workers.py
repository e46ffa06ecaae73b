"""Several collector processes on one port, and a reload: whatever happens to one of them, nothing answered is lost."""

import asyncio
import os
import signal

import httpx2
import psutil
import pytest

from tests.collector.processes import KEY, Sender, answered, ended, ready, shipped, stored_ids, unready, view
from tests.collector.recording import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def several(start_collector):
    """Two workers, ready, and a client of a fresh connection per request, so that both of them are asked."""
    collector = start_collector(FOOTPRINT_COLLECTOR_WORKERS="2")
    async with httpx2.AsyncClient(base_url=collector.address, timeout=20, limits=httpx2.Limits(max_keepalive_connections=0)) as client:
        await eventually(lambda: all_ready(client, collector), 60)
        yield collector, client


async def all_ready(client, collector):
    if not await ready(client, collector):
        return False
    return (await client.get("/ready")).json()["lag"] == 0


def workers(collector):
    return psutil.Process(collector.pid).children()


async def test_all_of_them_serve_the_port_and_each_answers_for_all(several, broker, starts):
    _, http = several
    for number in range(40):
        assert (await http.post("/v1/page", json=view(number, f"v{number}"), headers=KEY)).status_code == 200
    assert len(await stored_ids(broker, starts)) == 40
    counts = {}
    for line in (await http.get("/metrics")).text.splitlines():
        if line.startswith("footprint_collector_events_accepted_total"):
            name, _, value = line.partition(" ")
            counts[name] = float(value)
    assert counts.keys() == {f'footprint_collector_events_accepted_total{{worker="{number}"}}' for number in "12"}
    assert sum(counts.values()) == 40
    assert all(counts.values())
    status = (await http.get("/ready")).json()
    assert (status["ready"], status["lag"]) == (True, 0)
    assert status["checks"] == {"kafka of worker 1": "ok", "kafka of worker 2": "ok"}


async def test_a_killed_worker_comes_back_and_loses_nothing(several, broker, starts):
    collector, http = several
    senders = [Sender(http) for _ in range(3)]
    for start, sender in enumerate(senders):
        sender.number = start * 1_000_000
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    await eventually(lambda: answered(senders, 60), 20)
    before = {worker.pid for worker in workers(collector)}
    os.kill(min(before), signal.SIGKILL)

    async def replaced():
        now = {worker.pid for worker in workers(collector)}
        return len(now) == 2 and now != before

    await eventually(replaced, 20)
    count = sum(len(sender.answered) for sender in senders)
    await eventually(lambda: answered(senders, count + 60), 20)
    await eventually(lambda: all_ready(http, collector), 20)
    for sender in senders:
        sender.stopped = True
    await asyncio.gather(*tasks)
    stored = await stored_ids(broker, starts)
    for sender in senders:
        assert sender.answered <= stored.keys()


async def test_a_stop_ends_all_of_them_with_zero(several, broker, starts):
    collector, http = several
    children = workers(collector)
    sender = Sender(http)
    task = asyncio.create_task(sender.run())
    await eventually(lambda: answered([sender], 30))
    collector.terminate()
    await eventually(lambda: ended(collector), 30)
    sender.stopped = True
    await task
    assert collector.wait() == 0, collector.log.read_text()
    assert not any(child.is_running() for child in children)
    assert sender.answered <= (await stored_ids(broker, starts)).keys()


async def test_workers_end_with_their_parent(several):
    collector, _ = several
    children = workers(collector)
    collector.kill()
    collector.wait()

    async def gone():
        return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)

    await eventually(gone, 10)


async def test_what_a_worker_that_is_not_started_again_has_spooled_is_shipped_by_another(start_collector, several, broker, starts):
    collector, http = several
    broker.freeze()
    try:
        for number in range(12):
            assert (await http.post("/v1/page", json=view(f"left{number}", f"v{number}"), headers=KEY)).status_code == 200
        collector.kill()
        collector.wait()
    finally:
        broker.thaw()
    alone = start_collector()
    async with httpx2.AsyncClient(base_url=alone.address, timeout=20) as client:
        await eventually(lambda: ready(client, alone), 60)
        await eventually(lambda: shipped(client), 60)
    assert {f"mleft{number}" for number in range(12)} <= (await stored_ids(broker, starts)).keys()


@pytest.mark.parametrize("count", ["1", "2"])
async def test_a_reload_takes_new_keys_and_drops_no_connection(start_collector, tmp_path, count):
    settings = tmp_path / "footprint.toml"
    settings.write_text('[sites.demo]\nkeys = ["key"]\n')
    collector = start_collector(FOOTPRINT_CONFIG=str(settings), FOOTPRINT_WRITE_KEYS="", FOOTPRINT_COLLECTOR_WORKERS=count)
    async with httpx2.AsyncClient(base_url=collector.address, timeout=20) as http:
        await eventually(lambda: all_ready(http, collector), 60)
        assert (await http.post("/v1/page", json=view("old"), headers={"x-write-key": "new"})).status_code == 401
        settings.write_text('[sites.demo]\nkeys = ["key", "new"]\n')
        sender = Sender(http)
        task = asyncio.create_task(sender.run())
        collector.send_signal(signal.SIGHUP)

        async def taken():
            async with httpx2.AsyncClient(base_url=collector.address) as other:
                return (await other.post("/v1/page", json=view("new"), headers={"x-write-key": "new"})).status_code == 200

        await eventually(taken, 10)
        settings.write_text("[sites.demo]\nkees = 1\n")
        collector.send_signal(signal.SIGHUP)
        await eventually(lambda: refused(collector), 10)
        assert await taken()
        sender.stopped = True
        await task
        assert sender.answered
        assert not sender.resent
        assert not await unready(http)


async def refused(collector):
    return "reload_refused" in collector.log.read_text()
