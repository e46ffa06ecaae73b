"""The collector over a publisher that only records."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.sites import SiteRules
from tests.collector.recording import RecordingPublisher, lifespan

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


@pytest.fixture
async def http(config: CollectorConfig, publisher: RecordingPublisher) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the ASGI application, within its lifespan."""
    app = create_app(config, publisher, now_ms=lambda: NOW)
    async with (
        lifespan(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app, client=("198.51.100.77", 4711)), base_url="http://c") as client,
    ):
        yield client
