"""The console shows what the parts and the store say, also when they do not."""

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.ports import PartHealth, SeenEvent
from schemas.errors import Retryable


class Parts:
    async def health(self):
        return [
            PartHealth(name="collector", ready=True, lag=None, note=""),
            PartHealth(name="streams", ready=False, lag=7, note="kafka: away"),
        ]


class Store:
    def __init__(self, events=(), error=None):
        self.events, self.error = events, error

    async def newest_events(self, limit):
        if self.error:
            raise self.error
        return self.events[:limit]


@pytest.fixture
def page():
    def fetch(store):
        with TestClient(create_app(Parts(), store)) as client:
            return client.get("/")

    return fetch


def event(**changed):
    seen = {"event_time": "2026-01-01 10:00:00", "site": "demo", "who": "v1", "kind": "page_view", "name": "", "page": "/pricing"}
    return SeenEvent(**{**seen, "traffic": "human", "session_id": "s", **changed})


def test_every_part_is_shown_with_its_lag_and_what_is_wrong(page):
    text = page(Store()).text
    assert "collector" in text
    assert "lag 7" in text
    assert "kafka: away" in text


def test_an_empty_store_says_how_to_send_the_first_event(page):
    assert "No event yet" in page(Store()).text


def test_events_are_escaped(page):
    text = page(Store([event(page="<script>alert(1)</script>")])).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_store_that_is_away_is_a_sentence_not_an_error_page(page):
    answer = page(Store(error=Retryable("The store does not answer.")))
    assert answer.status_code == 200
    assert "The store does not answer." in answer.text


def test_the_page_forbids_scripts(page):
    assert "default-src 'none'" in page(Store()).headers["content-security-policy"]
