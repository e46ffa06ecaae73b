import pytest

from footprint.checks.flow import judged_lag, judged_parts, judged_spool, spooled_bytes, told_watermark
from schemas.errors import Misconfigured, Retryable
from streams.metrics import WATERMARK_LAG

WELL = {"ready": True, "lag": 0, "idle_s": 3.0, "checks": {"kafka": "ok"}}


def test_parts_that_are_ready_are_named():
    assert judged_parts({"collector": WELL, "sink": WELL}) == "2 ready: collector, sink"


def test_a_part_that_is_not_ready_says_why():
    away = {"ready": False, "checks": {"store": "does not answer", "sink": "ok"}}
    with pytest.raises(Retryable, match=r"sink is not ready \(store: does not answer\)"):
        judged_parts({"collector": WELL, "sink": away})
    with pytest.raises(Retryable, match=r"streams-2 is not ready \(it does not answer\)"):
        judged_parts({"streams-2": {}})


def test_what_waits_is_told_and_is_well_while_records_come():
    assert judged_lag({"collector": WELL, "sink": WELL | {"lag": 12_000, "idle_s": 0.1}, "kafka": {}}) == "collector 0, sink 12,000"


def test_what_waits_although_nothing_comes_is_stuck():
    with pytest.raises(Retryable, match="sink has 7 records to do and has not moved for 90 s"):
        judged_lag({"sink": WELL | {"lag": 7, "idle_s": 90.0}})


@pytest.mark.parametrize("name", ["rebuild", "webhooks"])
def test_some_work_may_wait_for_long(name):
    assert judged_lag({name: WELL | {"lag": 7, "idle_s": 90_000.0}}) == f"{name} 7"


def test_the_watermark_furthest_behind_is_told():
    partitions = {("visitors", 0): {WATERMARK_LAG: 600.0}, ("subjects", 3): {WATERMARK_LAG: 1300.0}, ("subjects", 1): {WATERMARK_LAG: 0.0}}
    assert told_watermark(partitions) == "1300 s behind the clock at most (subjects/3)"
    assert told_watermark({("visitors", 0): {WATERMARK_LAG: 0.0}}) == "no event has come yet"


def test_a_watermark_that_is_hours_behind_is_worth_a_look():
    assert told_watermark({("visitors", 0): {WATERMARK_LAG: 10_800.0}}).endswith("look at the streams' log: sessions do not end meanwhile")


def test_a_spool_is_weighed_without_its_locks(tmp_path):
    for worker, size in (("1", 100), ("2", 50)):
        (tmp_path / worker).mkdir()
        (tmp_path / worker / "lock").write_bytes(b"x" * 7)
        (tmp_path / worker / "000000000001.frames").write_bytes(b"x" * size)
    assert spooled_bytes(tmp_path) == 150
    assert spooled_bytes(tmp_path / "none") == 0


def test_a_spool_may_hold_events_while_a_collector_ships_them():
    assert judged_spool(0, 2**30, running=False) == "0.0 of 1,024 MiB"
    assert judged_spool(2**20, 2**30, running=True) == "1.0 of 1,024 MiB"


def test_a_spool_that_nobody_ships_or_that_is_nearly_full_needs_somebody():
    with pytest.raises(Misconfigured, match="no collector is ready to ship them"):
        judged_spool(10, 2**30, running=False)
    with pytest.raises(Misconfigured, match="FOOTPRINT_SPOOL_MAX_BYTES"):
        judged_spool(900, 1000, running=True)
