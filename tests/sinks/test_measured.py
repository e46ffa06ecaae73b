"""What the sink's metrics are told of each insert."""

import pytest

from schemas.errors import Retryable
from sinks.measured import MeasuredRejected, MeasuredStore, age_of
from sinks.metrics import SinkMetrics
from sinks.ports import Unstorable

NOW = 1_700_000_010_000
EVENT = b'{"props":{"received_at":5},"received_at":1700000000000}'


class Store:
    def __init__(self, error=None):
        self.error = error

    async def insert(self, table, rows, token):
        if self.error:
            raise self.error

    async def reachable(self):
        return True

    async def reject(self, records):
        if self.error:
            raise self.error


@pytest.fixture
def metrics():
    return SinkMetrics()


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(f"footprint_sink_{name}", labels)


async def test_an_insert_is_counted_with_its_rows_its_bytes_and_the_age_of_its_first_event(metrics):
    store = MeasuredStore(Store(), metrics, lambda: NOW)
    await store.insert("ingest_tracked", EVENT + b"\n" + EVENT, "token")
    assert value(metrics, "batches_total", table="tracked") == 1
    assert value(metrics, "rows_total", table="tracked") == 2
    assert value(metrics, "stored_bytes_total", table="tracked") == 2 * len(EVENT) + 1
    assert value(metrics, "insert_seconds_count", table="tracked") == 1
    assert value(metrics, "event_age_seconds_sum") == 10.0


@pytest.mark.parametrize(("error", "name"), [(Retryable("away"), "retries_total"), (Unstorable("bad"), "refused_inserts_total")])
async def test_an_insert_that_fails_is_counted_as_that_and_fails(metrics, error, name):
    with pytest.raises(type(error)):
        await MeasuredStore(Store(error), metrics, lambda: NOW).insert("ingest_scores", b"{}", "token")
    assert value(metrics, name, table="scores") == 1
    assert value(metrics, "batches_total", table="scores") is None


async def test_rows_are_counted_as_rejected_once_that_is_durable(metrics):
    row = {"site": "demo", "reason": "unstorable"}
    await MeasuredRejected(Store(), metrics).reject([row, row])
    with pytest.raises(Retryable):
        await MeasuredRejected(Store(Retryable("away")), metrics).reject([row])
    assert value(metrics, "rejected_rows_total", reason="unstorable") == 2


@pytest.mark.parametrize("line", [b"", b"{}", b"no json", b'{"received_at":"text"}', b"[1]", b'{"received_at":null}'])
def test_a_line_that_does_not_say_when_it_was_received_has_no_age(line):
    assert age_of(line, NOW) is None


def test_a_clock_that_runs_ahead_makes_no_negative_age():
    assert age_of(EVENT, 0) == 0.0
