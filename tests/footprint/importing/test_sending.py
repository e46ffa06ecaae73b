import httpx2
import pytest

from footprint.importing import sending
from footprint.importing.outcomes import Ready
from footprint.importing.sending import BATCH_EVENTS, Sender, batches_of
from schemas.codec import loads
from schemas.errors import Misconfigured, Retryable

EVENTS = [Ready(f"e{number}", "v", {"messageId": f"e{number}"}) for number in range(3)]


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(sending, "_pause", lambda attempt, retry_after: 0.0)


async def send(answer):
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        await Sender(client, "http://collector.test", "demo-key", lambda: "2026-01-01T00:00:00Z").send(EVENTS)


async def test_a_batch_is_history_with_the_sites_key():
    seen = []

    def answer(request):
        seen.append((str(request.url), loads(request.content)))
        return httpx2.Response(200, json={"success": True})

    await send(answer)
    assert seen == [
        (
            "http://collector.test/v1/batch?historical=1",
            {"sentAt": "2026-01-01T00:00:00Z", "writeKey": "demo-key", "batch": [event.message for event in EVENTS]},
        )
    ]


async def test_a_collector_that_is_away_or_busy_is_asked_again(at_once):
    answers = iter([503, 429, None, 200])

    def answer(request):
        status = next(answers)
        if status is None:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(status, headers={"Retry-After": "1"})

    await send(answer)
    assert next(answers, "all used") == "all used"


async def test_a_collector_that_stays_away_ends_the_import_with_what_to_do(at_once):
    with pytest.raises(Retryable, match=r"answers 503.*run the same import again"):
        await send(lambda request: httpx2.Response(503))


@pytest.mark.parametrize(("status", "words"), [(401, "write key"), (404, "Is this address a collector"), (400, "refused a batch")])
async def test_an_answer_that_asking_again_cannot_change_ends_at_once(status, words):
    with pytest.raises(Misconfigured, match=words):
        await send(lambda request: httpx2.Response(status))


def test_waiting_follows_retry_after_and_is_bounded():
    assert 3.0 <= sending._pause(0, "3") <= 3.6
    assert sending._pause(50, "") <= 12.0
    assert sending._pause(0, "9999") <= 12.0
    assert sending._pause(0, "soon") <= 0.25


def test_batches_are_bounded_by_events_and_by_bytes():
    assert [len(batch) for batch in batches_of([Ready("e", "v", {})] * (BATCH_EVENTS + 1))] == [BATCH_EVENTS, 1]
    assert [len(batch) for batch in batches_of([Ready("e", "v", {"p": "x" * 1_500_000})] * 5)] == [2, 2, 1]
    assert list(batches_of([])) == []
