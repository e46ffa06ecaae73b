"""Mistakes in models and triggers are told with their line, and with what would be allowed there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Misconfigured
from streams.core.scoring_model import read_model
from streams.core.triggers import read_triggers

SCORES = """\
version: v1
scores:
  warmth:
    half_life: 7d
    bands: {hot: 50, cold: 0}
    rules:
      view:
        when: {kind: [page_view], path: "/*"}
        points: 1
        max: {count: 3, window: 1d}
lifecycle:
  rules:
    seen: {to: awareness, when: {kind: [page_view]}}
"""
TRIGGERS = """\
version: v1
triggers:
  calls:
    when: {kind: [chat_end]}
    count: 1
    within: 1h
    quiet_hours: {from: "18:00", to: "08:00"}
"""


def told(read, text):
    with pytest.raises(Misconfigured) as refused:
        read(text, "file.yaml")
    *problems, last = str(refused.value).split("\n")
    assert last == "Correct it; `footprint rules check` says when it is right."
    return problems


def test_what_is_right_is_read():
    assert read_model(SCORES, "file.yaml").version == "v1"
    assert [trigger.name for trigger in read_triggers(TRIGGERS, "file.yaml")] == ["calls"]


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (
            ("page_view], path", "pageview], path"),
            "8:23: scores.warmth.rules.view.when.kind.0: ",
            "'pageview' is not known here, did you mean 'page_view'?",
        ),
        (
            ("half_life", "halflife"),
            "4:5: scores.warmth.halflife: ",
            "did you mean 'half_life'?; allowed: half_life, floor, ceiling, bands, rules",
        ),
        (("7d", "a week"), "4:16: scores.warmth.half_life: ", 'for example "30m", "24h" or "7d" (it is \'a week\')'),
        (("points: 1", "points: one"), "9:17: scores.warmth.rules.view.points: ", "(it is 'one')"),
        (("        points: 1\n", ""), "8:9: scores.warmth.rules.view: ", "`points` is missing: add it"),
        (("count: 3", "count: 0"), "10:22: scores.warmth.rules.view.max.count: ", "greater than or equal to 1 (it is 0)"),
        (("awareness", "awarenes"), "13:16: lifecycle.rules.seen.to: ", "did you mean 'awareness'?; allowed: awareness, consideration"),
        (("scores:\n  warmth", "scores:\n  lifecycle"), "1:1: ", "a score cannot be called lifecycle"),
        (("version: v1", "version: v1\nversion: v2"), "2:1: version: ", "for the second time, first in line 1"),
        (("{count: 3", "{count: [3"), "10:36: ", "not valid YAML"),
        ((SCORES, "hello"), "1:1: ", "write keys and their values here"),
        (("version: v1", "version: a b"), "1:10: version: ", "pattern"),
    ],
)
def test_a_mistake_in_a_model_is_told_with_its_line_and_what_is_allowed(change, place, says):
    (problem,) = [line for line in told(read_model, SCORES.replace(*change)) if says in line]
    assert problem.startswith(f"file.yaml:{place}")


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (("to:", "until:"), "7:34: triggers.calls.quiet_hours.until: ", "allowed: from, to, then"),
        (("count: 1", "unless: {kind: [click]}\n    count: 1"), "4:5: triggers.calls: ", "has no `count`"),
        (("18:00", "8 pm"), "7:25: triggers.calls.quiet_hours.from: ", "hours and minutes"),
    ],
)
def test_a_mistake_in_triggers_too(change, place, says):
    (problem,) = [line for line in told(read_triggers, TRIGGERS.replace(*change)) if says in line]
    assert problem.startswith(f"file.yaml:{place}")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    problems = told(read_model, SCORES.replace("7d", "7").replace("points: 1", "points: x").replace("hot: 50", "hot: warm"))
    assert [problem.split(":")[1] for problem in problems] == ["4", "5", "9"]


@given(st.text(max_size=60) | st.text("abc:{}[]-&*!#\n \"'", max_size=60))
def test_whatever_a_file_holds_it_is_read_or_told(text):
    for read in (read_model, read_triggers):
        with pytest.raises(Misconfigured, match=r"^file\.yaml:\d+:\d+: "):
            read(text, "file.yaml")
