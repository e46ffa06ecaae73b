"""The collector over a publisher that only records, and the collector as a process on a real Kafka."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.sites import SiteRules
from footprint.local.ports import free_port
from schemas.topics import EVENTS, REJECTED
from tests.collector.processes import PROGRAM
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import TRANSPORTS, serving

NOW = 1_790_000_000_000


@pytest.fixture
def snippet(tmp_path: Path) -> Path:
    path = tmp_path / "fp.js"
    path.write_text("window.footprint=1")
    return path


@pytest.fixture
def config(snippet: Path) -> CollectorConfig:
    sites = {
        "demo-key": SiteRules("demo"),
        "shop-key": SiteRules("shop", frozenset({"https://shop.example"}), "full"),
    }
    return CollectorConfig(sites=sites, partitions=4, snippet=snippet)


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """Both ways a request may take: the same tests hold on each."""
    return request.param


@pytest.fixture
async def port(config: CollectorConfig, publisher: RecordingPublisher, transport: str) -> AsyncIterator[int]:
    """Where the collector listens."""
    async with serving(create_app(config, publisher, now_ms=lambda: NOW), transport) as port:
        yield port


@pytest.fixture
async def http(port: int) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the collector."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"host": "c"}, timeout=20) as client:
        yield client


@pytest.fixture
def broker(private_broker):
    """A Kafka that may be killed and frozen, and is well again after each test."""
    return private_broker


@pytest.fixture
async def starts(broker):
    """Where the topics ended before the test."""
    return {topic: await broker.ends(topic) for topic in (EVENTS, REJECTED)}


@pytest.fixture
def start_collector(broker, tmp_path):
    """Starts a collector process over the test's data folder; `address` is its own."""
    started = []

    def start(**settings):
        port = free_port()
        own = {name: value for name, value in os.environ.items() if not name.startswith("FOOTPRINT_")}
        own |= {
            "FOOTPRINT_KAFKA_BOOTSTRAP": broker.connection.bootstrap,
            "FOOTPRINT_COLLECTOR_PORT": str(port),
            "FOOTPRINT_WRITE_KEYS": "demo:key",
            "FOOTPRINT_SECRET_KEYS": "key",
            "FOOTPRINT_DATA_DIR": str(tmp_path),
        }
        log = tmp_path / f"collector-{len(started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=own | settings, stdout=file, stderr=file)
        process.address = f"http://127.0.0.1:{port}"
        process.log = log
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
