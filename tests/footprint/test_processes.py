"""Tests that share servers stay in one process of a run."""

from tests.support.processes import TOGETHER, place_of, rank_of


def test_tests_that_share_servers_share_a_process():
    assert place_of("tests/sinks/clickhouse/test_views.py::test_one[a::b]") == place_of("tests/sinks/test_exactly_once.py::test_two")


def test_elsewhere_the_tests_of_a_file_stay_together():
    assert place_of("tests/schemas/test_codec.py::test_one[x]") == "tests/schemas/test_codec.py"


def test_what_takes_long_begins():
    assert rank_of(f"{TOGETHER[0]}test_one.py::test") < rank_of("tests/schemas/test_codec.py::test")
