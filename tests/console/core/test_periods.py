"""A page shows the period that was asked for, and compares it with one of the same length."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.periods import CHOICES, read_period

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(("name", "days"), CHOICES.items())
def test_a_choice_ends_now(name, days):
    period = read_period({"period": name}, NOW)
    assert (period.start, period.end) == (NOW - timedelta(days=days), NOW)
    assert period.query() == {"period": name}


def test_days_that_somebody_writes_are_both_included():
    period = read_period({"from": "2026-11-01", "to": "2026-11-03"}, NOW)
    assert (period.start, period.end) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    assert period.days == 4 or period.query() == {"from": "2026-11-01", "to": "2026-11-03"}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"period": "9y"},
        {"from": "x", "to": "y"},
        {"from": "2026-11-03", "to": "2026-11-01"},
        {"from": "0001-01-01", "to": "9999-12-31"},
    ],
)
def test_what_cannot_be_read_is_the_usual_period(told):
    assert read_period(told, NOW).name == "7d"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 300))
def test_the_period_before_ends_where_this_one_begins_and_is_as_long(first, more):
    period = read_period({"from": first.isoformat(), "to": (first + timedelta(days=more)).isoformat()}, NOW)
    assert period.before.end == period.start
    assert period.before.end - period.before.start == period.end - period.start
    assert read_period(period.query(), NOW) == period
