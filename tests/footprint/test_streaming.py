"""What an operator reads of the streams' partitions."""

import pytest
from prometheus_client import generate_latest

from footprint.streaming import partitions_of, read_partitions, told
from schemas.errors import Retryable
from streams.faust_exact.engine import PartitionStatus
from streams.metrics import StreamsMetrics

NOW = 1_790_000_000_000


def exposed(*partitions):
    metrics = StreamsMetrics()
    metrics.watch(lambda: partitions, lambda: NOW)
    metrics.committed("visitors", 3, {"events": 5, "events_late": 1}, 0.012)
    return generate_latest(metrics.registry).decode()


def test_lag_watermark_and_state_are_told_per_partition():
    found = read_partitions(
        exposed(
            PartitionStatus("visitors", 0, lag=2, watermark=NOW - 600_000, keys=10, size=3 * 2**20, trimmed=0),
            PartitionStatus("subjects", 1, lag=0, watermark=0, keys=4, size=2**20, trimmed=1),
        )
    )
    assert told(found).splitlines() == [
        "2 partitions, 2 records behind, 4.0 MiB of 14 keys",
        "    subjects/1: 0 behind, watermark 0 s ago, 1.0 MiB of 4 keys, 1 trimmed",
        "    visitors/0: 2 behind, watermark 600 s ago, 3.0 MiB of 10 keys",
    ]


def test_what_cores_count_and_how_long_commits_take_is_exposed():
    text = exposed()
    assert 'footprint_streams_events_total{count="events_late",hop="visitors"} 1.0' in text
    assert 'footprint_streams_commit_seconds_bucket{hop="visitors",le="0.02"} 1.0' in text


def test_before_anything_is_owned_there_is_something_to_do():
    with pytest.raises(Retryable, match="No worker owns"):
        told(read_partitions(exposed()))


def test_a_worker_that_does_not_answer_is_named():
    with pytest.raises(Retryable, match="streams-2 does not answer"):
        partitions_of({"collector": "http://127.0.0.1:1/ready", "streams-2": "http://127.0.0.1:1/ready"})
