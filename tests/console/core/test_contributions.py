"""The bars of a score sum to what is shown."""

import math

from hypothesis import given
from hypothesis import strategies as st

from console.core.contributions import NOTHING, explained

POINTS = st.floats(-200, 200).map(lambda value: round(value, 3))


def rows(score, points, shown):
    total = sum(points)
    named = [{"score": score, "rule": f"r{at}", "points": one, "changes": 1, "shown": shown} for at, one in enumerate(points)]
    return [*named, {"score": score, "rule": "clamp", "points": shown - total, "changes": 0, "shown": shown}]


@given(st.lists(POINTS, max_size=12), st.floats(0, 100))
def test_bars_lead_from_nothing_to_the_shown_value(points, shown):
    found = explained(rows("engagement", points, shown))["engagement"]
    small = NOTHING * (len(points) + 1)
    assert math.isclose(sum(bar.points for bar in found.bars), shown, abs_tol=small)
    assert all(found.least <= bar.left and bar.left + bar.width <= found.least + found.span + 1e-9 for bar in found.bars)
    assert found.span > 0


def test_each_score_is_explained_apart():
    found = explained([*rows("engagement", [5], 5), *rows("fit", [20, 30], 50)])
    assert {name: one.shown for name, one in found.items()} == {"engagement": 5, "fit": 50}
    assert [bar.rule for bar in found["fit"].bars] == ["r0", "r1"]
