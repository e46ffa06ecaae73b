"""The collector over a publisher that only records."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.sites import SiteRules
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
