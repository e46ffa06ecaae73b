"""Weeks of first visits make a triangle without holes."""

from datetime import date, timedelta

from console.core.cohorts import cohorts

MONDAY = date(2026, 11, 2)


def row(week, later, people, share):
    return {"cohort": MONDAY + timedelta(weeks=week), "weeks_later": later, "people": people, "share": share}


def test_a_week_in_which_nobody_came_again_is_zero_and_a_week_that_has_not_begun_is_nothing():
    told = cohorts([row(0, 0, 10, 1.0), row(0, 2, 3, 0.3), row(2, 0, 4, 1.0)], MONDAY + timedelta(days=16))
    assert [(one.people, one.shares) for one in told] == [(10, [1.0, 0.0, 0.3]), (4, [1.0])]


def test_no_visits_are_no_cohorts():
    assert cohorts([], MONDAY) == []
