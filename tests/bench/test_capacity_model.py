from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.capacity_model import (
    DAY_S,
    STEPS,
    Assumptions,
    Figure,
    Part,
    Slopes,
    Volume,
    held,
    kafka_bytes,
    memory_of,
    need,
    partitions_for,
    restart_of,
    state_of,
)

PART = Part(cores=((0, 0.1), (100, 0.3), (500, 0.7)), beyond_us=1000, memory=100e6)
SLOPES = Slopes(
    parts=dict.fromkeys(("collector", "kafka", "streams", "profiles", "sink", "store"), PART),
    topics={"events": 1000.0, "sessions": 100.0, "scores": 50.0},
    tables={"events_raw": 90.0, "sessions_raw": 10.0},
    keys={"visitor": 800.0, "subject": 600.0, "profile": 500.0},
    stored_keys={"visitor": 400.0, "subject": 300.0, "profile": 100.0},
    load_keys_s=100_000.0,
    spooled=1100.0,
)
RETENTION = {"events": 7.0, "sessions": 30.0, "scores": None}
A_SMALL_SITE = Volume(1e6, kafka_copies=1, store_copies=1)


def test_between_two_rates_that_were_run_a_cost_is_measured():
    assert PART.at(0) == Figure(0.1, measured=True)
    assert PART.at(300).value == pytest.approx(0.5)
    assert PART.at(300).measured
    assert PART.at(500) == Figure(0.7, measured=True)


def test_beyond_the_last_rate_each_event_costs_its_slope_and_nothing_is_measured():
    assert PART.at(1500) == Figure(0.7 + 1000 * 1000 / 1e6, measured=False)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_events_never_need_less(one, other):
    low, high = sorted((one, other))
    assert PART.at(low).value <= PART.at(high).value + 1e-9


def test_a_sum_with_something_projected_is_projected():
    assert (Figure(1, measured=True) + Figure(2, measured=True)).measured
    assert not (Figure(1, measured=True) + Figure(2)).measured
    assert not Figure(1, measured=True).times(2).measured
    assert Figure(1, measured=True).times(1).measured


def test_the_state_holds_visitors_of_three_days_and_subjects_of_four_hundred_and_profiles_one_of_each():
    assert held(A_SMALL_SITE, Assumptions(visit=10, visitor=50)) == {"visitor": 300_000, "subject": 8_000_000, "profile": 8_000_000}
    assert state_of(A_SMALL_SITE, SLOPES, Assumptions()).value == 300_000 * 800 + 8_000_000 * 600
    assert state_of(A_SMALL_SITE, SLOPES, Assumptions(), part="profiles").value == 8_000_000 * 500


def test_kafka_keeps_what_expires_by_days_and_what_is_compacted_by_keys():
    assumed = Assumptions(disk_full=0.5, compacted=2)
    by_time = 1e6 * (1000 * 7 + 100 * 30)
    compacted = (300_000 * 400 + 8_000_000 * (300 + 100)) * 2
    assert kafka_bytes(A_SMALL_SITE, SLOPES, assumed, RETENTION).value == pytest.approx((by_time + compacted) / 0.5)
    thrice = kafka_bytes(replace(A_SMALL_SITE, kafka_copies=3), SLOPES, assumed, RETENTION)
    assert thrice.value == pytest.approx(3 * (by_time + compacted) / 0.5)


def test_cores_to_buy_are_those_that_are_used_divided_by_how_busy_they_may_be():
    found = need(A_SMALL_SITE, SLOPES, Assumptions(peak=5, busy=0.5, store_busy=0.25), RETENTION)
    assert found.peak == pytest.approx(5e6 / DAY_S)
    assert found.cores["streams"].value == pytest.approx(PART.at(found.peak).value / 0.5)
    assert found.cores["store"].value == pytest.approx(PART.at(found.peak).value / 0.25)
    assert found.cores["streams"].measured
    assert found.store_disk.value == pytest.approx(100 * 1e6 * 395 / 0.7)
    assert not found.store_disk.measured


def test_each_further_process_takes_what_one_takes_at_rest():
    large = Volume(100e6, kafka_copies=3, store_copies=2)
    found = need(large, SLOPES, Assumptions(worker_bytes=1e18), RETENTION)
    used = PART.at(large.mean * 5).value
    assert found.processes["sink"] > 1
    assert found.cores["sink"].value == pytest.approx((used + 0.1 * (found.processes["sink"] - 1)) / 0.6)


def test_copies_cost_the_brokers_their_share():
    one = need(A_SMALL_SITE, SLOPES, Assumptions(), RETENTION).cores["kafka"]
    three = need(replace(A_SMALL_SITE, kafka_copies=3), SLOPES, Assumptions(replica_cpu=0.5), RETENTION).cores["kafka"]
    assert three.value == pytest.approx(2 * one.value)
    assert (one.measured, three.measured) == (True, False)


def test_state_that_does_not_fit_into_one_worker_asks_for_more_of_them():
    found = need(A_SMALL_SITE, SLOPES, Assumptions(worker_bytes=1e9), RETENTION)
    assert (found.processes["streams"], found.processes["profiles"]) == (6, 4)
    assert memory_of(10.0, SLOPES, {"streams": 2}, {"streams": Figure(1e9)})["streams"].value == 2 * 100e6 + 1e9
    assert found.memory["profiles"].value == 4 * 100e6 + 8_000_000 * 500
    assert restart_of(A_SMALL_SITE, SLOPES, Assumptions(), 2).value == pytest.approx(8_300_000 / 2 / 100_000)


@given(st.integers(1, 500))
def test_every_worker_has_at_least_two_partitions(workers):
    found = partitions_for(workers)
    assert found >= 2 * workers
    assert found in STEPS or found == 2 * workers


@given(st.floats(1e5, 1e9), st.floats(1, 10))
def test_a_larger_site_never_needs_less_of_anything(events, factor):
    small, large = (need(Volume(size, 3, 2), SLOPES, Assumptions(), RETENTION) for size in (events, events * factor))
    for name in SLOPES.parts:
        assert large.cores[name].value >= small.cores[name].value - 1e-9
        assert large.memory[name].value >= small.memory[name].value - 1e-9
    assert large.kafka_disk.value >= small.kafka_disk.value
    assert all(getattr(large, name) >= getattr(small, name) for name in ("partitions", "brokers", "shards"))
