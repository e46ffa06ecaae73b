"""Numbers are written for people."""

import pytest

from console.core.figures import change, count, duration, share


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (7, "7"), (3.25, "3.2"), (1234, "1,234"), (1234.5, "1,234"), (1_000_000, "1,000,000")]
)
def test_counts(value, text):
    assert count(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (7500, "2 h 5 min"), (200_000, "2 d 7 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0%"), (0.057, "5.7%"), (0.5, "50%"), (1, "100%"), (None, "\u2013"), (float("nan"), "\u2013")]
)
def test_shares(value, text):
    assert share(value) == text


@pytest.mark.parametrize(
    ("now", "before", "direction", "text"),
    [(12, 10, "up", "+20 %"), (8, 10, "down", "-20 %"), (10, 10, "same", "no change"), (5, 0, "same", "new"), (0, 0, "same", "no change")],
)
def test_changes(now, before, direction, text):
    found = change(now, before)
    assert (found.direction, found.text) == (direction, text)
