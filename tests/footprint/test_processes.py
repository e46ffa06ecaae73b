"""Tests that share servers stay in one process of a run, and what takes long begins."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.processes import PLACES, place_of, rank_of, scheduler

ROOT = Path(__file__).parents[2]


def test_tests_that_share_servers_share_a_process():
    assert place_of("tests/sinks/clickhouse/test_views.py::test_one[a::b]") == place_of("tests/sinks/test_exactly_once.py::test_two")


def test_elsewhere_the_tests_of_a_file_stay_together():
    assert place_of("tests/schemas/test_codec.py::test_one[x]") == "tests/schemas/test_codec.py"


def test_what_takes_long_begins():
    ranks = [rank_of(f"{place[0]}x.py::test") for place in PLACES]
    assert ranks == sorted(ranks)
    assert ranks[-1] < rank_of("tests/schemas/test_codec.py::test")


@pytest.mark.parametrize("beginning", [beginning for place in PLACES for beginning in place])
def test_every_place_has_tests(beginning):
    folder, _, name = beginning.rpartition("/")
    assert list((ROOT / folder).glob(f"{name}*.py") if name else (ROOT / folder).rglob("test_*.py"))


class Process:
    """A process of a run, as xdist's schedulers see it."""

    def __init__(self, number):
        self.gateway, self.shutting_down, self.given = SimpleNamespace(id=number), False, []

    def send_runtest_some(self, numbers):
        self.given.append(numbers)

    def shutdown(self):
        self.shutting_down = True


def test_a_place_that_takes_long_begins_although_others_have_more_tests():
    tests = [f"{PLACES[0][0]}.py::test", *(f"tests/schemas/test_codec.py::test[{number}]" for number in range(9))]
    config = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=lambda _: ["popen"])
    run, process = scheduler(config, None), Process("one")
    run.add_node(process)
    run.add_node_collection(process, tests)
    run.schedule()
    assert process.given[0] == [0]
