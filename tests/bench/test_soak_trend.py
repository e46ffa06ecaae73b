import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.soak_trend import Trend, trend


@given(st.floats(-5, 5), st.floats(-1000, 1000), st.integers(3, 50))
def test_a_straight_line_is_found_without_error(slope, start, count):
    found = trend(range(count), [start + slope * at for at in range(count)])
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.error == pytest.approx(0, abs=1e-5)


def test_the_standard_error_is_that_of_the_textbook():
    # y = 1, 3, 2, 5 at x = 0, 1, 2, 3: slope 1.1, residuals -0.1, 0.8, -1.3, 0.6, their squares 2.7; sqrt(2.7 / 2 / 5)
    found = trend([0, 1, 2, 3], [1, 3, 2, 5])
    assert (found.slope, found.error, found.mean) == (pytest.approx(1.1), pytest.approx(math.sqrt(0.27)), 2.75)


def test_two_samples_tell_no_error():
    assert trend([0, 10], [1, 2]) == Trend(0.1, math.inf, 1.5)


@pytest.mark.parametrize(
    ("slope", "error", "mean", "flat"),
    [(1.0, 0.6, 100.0, True), (1.0, 0.1, 100.0, False), (-1.0, 0.1, 100.0, True), (0.0001, 0.0, 100.0, True), (0.001, 0.0, 100.0, False)],
)
def test_flat_is_what_the_error_explains_or_a_hundredth_an_hour(slope, error, mean, flat):
    assert Trend(slope, error, mean).flat is flat
