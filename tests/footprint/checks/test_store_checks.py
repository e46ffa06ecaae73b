from datetime import UTC, datetime, timedelta

import pytest

from footprint.checks.store import clock_offset, days_in_force, judged_erasures, judged_retention
from schemas.errors import Misconfigured

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = {"events": 395, "addresses and user agents": 90, "rejected": 0, "audit": 395}
DEFINED = {
    "events_raw": "CREATE TABLE events_raw (`ip` String TTL toDateTime(received_at) + toIntervalDay(90), `x` String) ENGINE = M ORDER BY x "
    "TTL toDateTime(received_at) + toIntervalDay(395) SETTINGS index_granularity = 512",
    "rejected_raw": "CREATE TABLE rejected_raw (`x` String) ENGINE = MergeTree ORDER BY x",
    "audit_raw": "CREATE TABLE audit_raw (`x` String) ENGINE = M ORDER BY x TTL toDateTime(at) + toIntervalDay(395) SETTINGS s = 1",
}


def test_clocks_may_differ_by_two_seconds():
    assert "+1.9 s" in clock_offset(1.9)
    with pytest.raises(Misconfigured, match="NTP"):
        clock_offset(-2.1)


def test_the_days_that_tables_keep_are_read_from_their_definitions():
    assert days_in_force(DEFINED) == WANTED


def test_retention_that_is_in_force_is_told():
    assert judged_retention(WANTED, WANTED) == (
        "events 395 days, addresses and user agents 90 days, rejected for ever, audit 395 days; sessions and scores for ever"
    )


@pytest.mark.parametrize("name", WANTED)
def test_retention_that_the_settings_changed_must_be_brought_to_the_store(name):
    with pytest.raises(Misconfigured, match=f"keeps {name} .*the settings say 30 days. Run `footprint migrate`"):
        judged_retention(WANTED, WANTED | {name: 30})


def test_an_erasure_that_was_interrupted_must_go_on():
    with pytest.raises(Misconfigured, match=r"2 erasures unfinished, the oldest of 2026-03-01 09:00.*forget"):
        judged_erasures((2, NOW - timedelta(hours=3), 5, NOW), NOW.timestamp())


def test_an_erasure_under_way_and_copies_in_kafka_are_told():
    assert judged_erasures((1, NOW - timedelta(minutes=5), 0, NOW), NOW.timestamp()) == "1 open, 0 done"
    left = judged_erasures((0, datetime(1970, 1, 1), 4, (NOW + timedelta(days=6)).replace(tzinfo=None)), NOW.timestamp())  # noqa: DTZ001 - as drivers give it
    assert left == "0 open, 4 done, copies in Kafka gone by 2026-03-07"
