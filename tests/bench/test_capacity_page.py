"""docs/capacity.md shows what the last run measured, and tells measured and projected apart."""

import re

import pytest

from bench import capacity_page
from bench.capacity_model import Assumptions, need

TEXT = capacity_page.PAGE.read_text("utf-8")
NEEDS = TEXT.split("## What so many events a day need")[1].split("## What was measured")[0]
GIVEN = ("events a day", "---", "events/s, mean and peak", "copies in Kafka, in ClickHouse")
"""Rows that say what is asked for, not what follows."""


def test_the_page_is_of_the_last_run():
    assert capacity_page.current(), "run: python -m bench.capacity_page"


def test_every_cell_says_whether_it_was_measured_or_projected():
    rows = [line.strip("| ").split(" | ") for line in NEEDS.splitlines() if line.startswith("|")]
    cells = [cell for head, *found in rows if not head.startswith(GIVEN) for cell in found]
    assert len(cells) > 60
    assert [cell for cell in cells if not re.search(r" [mp]$", cell)] == []


@pytest.mark.parametrize("volume", capacity_page.VOLUMES, ids=lambda volume: f"{volume.events_a_day:g}")
def test_nothing_beyond_the_rates_that_were_run_is_called_measured(volume):
    slopes = capacity_page.slopes_of(capacity_page.measured())
    found = need(volume, slopes, Assumptions(), capacity_page.RETENTION)
    highest = slopes.parts["collector"].cores[-1][0]
    if found.peak > highest:
        assert not any(cores.measured for cores in found.cores.values())


def test_every_assumption_is_on_the_page():
    assert all(f"| {text} |" in TEXT for text in capacity_page.ASSUMED.values())
    assert set(capacity_page.ASSUMED) == set(Assumptions.__dataclass_fields__)
