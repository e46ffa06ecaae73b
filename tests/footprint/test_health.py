"""Every part says how it is."""

import asyncio
import sys

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from footprint.health import create_app, serve
from footprint.local.ports import free_port

READY = {"ready": True, "lag": 0, "idle_s": 7.5, "checks": {"kafka": "ok"}}


def client_of(status, registry=None):
    async def ask():
        return status

    app = create_app(ask, registry or CollectorRegistry(), part="thing")
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://part")


async def test_a_ready_part_answers_200_with_its_status():
    async with client_of(READY) as client:
        answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, READY)


async def test_a_part_that_is_not_ready_answers_503_and_says_why():
    status = READY | {"ready": False, "checks": {"kafka": "away"}}
    async with client_of(status) as client:
        answer = await client.get("/ready")
        live = await client.get("/live")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"kafka": "away"})
    assert live.status_code == 200


async def test_metrics_are_those_of_the_part():
    registry = CollectorRegistry()
    Counter("footprint_things", "Things.", registry=registry).inc(3)
    async with client_of(READY, registry) as client:
        said = (await client.get("/metrics")).text
    assert "footprint_things_total 3.0" in said
    assert "footprint_thing_ready 1.0" in said


@pytest.mark.parametrize("host", ["127.0.0.1", *(["127.0.0.2"] if sys.platform == "linux" else [])])
async def test_it_serves_inside_a_running_loop_until_cancelled(host):
    async def ask():
        return READY

    port = free_port()
    serving = asyncio.create_task(serve(port, ask, CollectorRegistry(), part="thing", host=host))
    async with httpx2.AsyncClient() as client, asyncio.timeout(20):
        while True:
            try:
                answer = await client.get(f"http://{host}:{port}/ready")
                break
            except httpx2.ConnectError:
                await asyncio.sleep(0.02)
    assert answer.json() == READY
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_port_0_serves_nothing():
    await serve(0, lambda: None, CollectorRegistry(), part="thing")
