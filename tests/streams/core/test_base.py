"""History in the scores: whatever the order of its lines, links and live events, each owner's newest base counts once."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import loads
from schemas.topics import SCORE_CHANGES, SCORES, TRACKED
from streams.core.base import Base, base_line
from streams.core.forgetting import forget_line
from streams.core.rescore import Wanted, rescore_line
from tests.streams.core.logs import T0
from tests.streams.core.running import FAR_MS, RULES, Line
from tests.streams.core.test_visitors import identify, live

MODEL = RULES.model.version
DAY = 86_400_000
OLD = T0 - 10 * DAY
HALF_LIFE = RULES.model.scores["engagement"].half_life_ms


def base(owner="v:v1", points=8.0, *, at=1, rule="price_page", model=MODEL, facts=None):
    parts = {"engagement": {rule: [points, OLD]}} if points else {}
    return base_line("demo", owner, Base(model, parts, facts or {}), at=at)


def tell(line, *encoded):
    out = line.visitors.absorb(b"\n".join(encoded))
    line.records += out.records
    for (topic, partition), lines in out.lines.items():
        assert topic is TRACKED
        line.queues[partition] += lines
    return out


def settle(line):
    """As `Line.settle`, where some lines are no events."""
    while any(line.queues):
        for number, queue in enumerate(line.queues):
            if queue:
                line.queues[number] = []
                out = line.subjects[number].absorb(b"\n".join(queue))
                line.records += out.records
                for (_, partition), lines in out.lines.items():
                    line.queues[partition] += lines


def decayed(points, since, until=T0):
    return points * 2 ** (-(until - since) / HALF_LIFE)


def rows(line, subject, reason):
    return [row for row in line.values(SCORE_CHANGES) if row["subject"] == subject and row["reason"] == reason]


def test_history_becomes_part_of_the_score_and_says_so():
    line = Line()
    tell(line, base())
    settle(line)
    assert line.scores(T0) == {("v:v1", "engagement"): pytest.approx(decayed(8, OLD))}
    assert [(row["rule"], row["points"], row["event_time"], row["event_id"]) for row in rows(line, "v:v1", "history")] == [
        ("price_page", 8.0, OLD, "")
    ]


def test_a_newer_base_replaces_the_whole_and_an_older_or_the_same_one_changes_nothing():
    line = Line()
    line.send(live("e", 0, "purchase"))
    tell(line, base(at=1), base(points=3.0, rule="form_submit", at=3), base(points=50.0, at=2), base(points=3.0, rule="form_submit", at=3))
    settle(line)
    count = len(line.records)
    tell(line, base(points=3.0, rule="form_submit", at=4))
    settle(line)
    changes = [record for record in line.records[count:] if record.topic is SCORE_CHANGES]
    assert changes == []
    assert line.scores(T0)["v:v1", "engagement"] == pytest.approx(40 + decayed(3, OLD))
    assert line.contributions(T0) == pytest.approx(line.scores(T0), abs=1e-9)


def test_an_empty_base_takes_history_back_and_makes_nobody():
    line = Line()
    tell(line, base(), base(points=0, at=2), base("c:nobody", 0))
    settle(line)
    assert line.scores(T0) == {}
    assert {key for agent in line.subjects for key in agent.values} == {"demo\0v:v1"}


def test_traits_of_history_count_until_a_later_event_says_otherwise():
    line = Line()
    tell(line, base(points=0, facts={"employees": [[OLD, "", 0, "h"], 700], "company": [[OLD, "", 0, "h"], "Acme"]}))
    line.send(identify("i", 0, "anna", traits={"employees": 5}))
    settle(line)
    assert line.scores(T0)["c:anna", "fit"] == 20
    assert line.contributions(T0)["c:anna", "fit"] == 20


def test_a_base_of_another_model_says_nothing():
    line = Line()
    tell(line, base(model="other"))
    settle(line)
    assert line.records == []


@pytest.mark.parametrize(
    "wrong",
    [b'{"control":"base",', b'{"control":"base","site":"demo","visitor_id":"v1","customer_id":""}', b'{"control":"rescore","site":1}'],
)
def test_a_line_that_cannot_be_read_says_nothing(wrong):
    line = Line()
    tell(line, wrong)
    settle(line)
    assert line.records == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_each_owners_newest_base_counts_once_whenever_the_visitors_become_a_customer(data):
    """Links, live events and base lines in any order; each step may be settled before the next, or not."""
    history = {"v:v1": [8.0, 3.0], "v:v2": [5.0, 0.0, 7.0], "c:anna": [2.0, 4.0]}
    steps = [("base", owner, number) for owner, versions in history.items() for number in range(len(versions))]
    steps += [("link", "v1", 0), ("link", "v2", 0), ("live", "v1", 0), ("again", "v:v1", 1)]
    line = Line()
    for step, owner, number in data.draw(st.permutations(steps)):
        if step == "link":
            line.send(identify(f"i-{owner}", 0, "anna", visitor=owner))
        elif step == "live":
            line.send(live("p", 0, "purchase", visitor=owner))
        else:
            tell(line, base(owner, history[owner][number], at=number + 1))
        if data.draw(st.booleans()):
            settle(line)
    settle(line)
    expected = 40 + decayed(8 - 8 + 3 + 7 + 4, OLD)
    assert line.scores(T0)["c:anna", "engagement"] == pytest.approx(expected, abs=1e-9)
    assert line.contributions(T0) == pytest.approx(line.scores(T0), abs=1e-9)
    assert math.fsum(decayed(row["points"], row["event_time"]) for row in rows(line, "c:anna", "history")) == pytest.approx(
        decayed(14, OLD), abs=1e-9
    )


def wanted(line, subject="v:v1", *, parts, **state):
    was = {
        record["score"]: [record["raw_value"], record["updated_at"], record["half_life_s"] * 1000]
        for record in [loads(value) for key, value in last_scores(line).items() if key.startswith(f"demo:{subject}:") and value]
    }
    return Wanted(MODEL, was, {"scores": parts, **state})


def last_scores(line):
    return {record.key.decode(): record.value for record in line.records if record.topic is SCORES}


def test_a_rescore_puts_live_scores_right_keeps_history_and_comes_once():
    line = Line()
    line.send(live("e", 0, "purchase"))
    tell(line, base())
    settle(line)
    right = rescore_line("demo", "v:v1", wanted(line, parts={"engagement": {"form_submit": [20.0, T0]}}), at=9)
    for _ in range(2):
        tell(line, right)
        settle(line)
    assert line.scores(T0) == {("v:v1", "engagement"): pytest.approx(20 + decayed(8, OLD))}
    assert line.contributions(T0) == pytest.approx(line.scores(T0), abs=1e-9)
    assert [(row["score"], row["rule"]) for row in rows(line, "v:v1", "rebuilt")] == [
        ("engagement", "form_submit"),
        ("engagement", "purchase"),
        ("lifecycle", "bought"),
    ]


def test_a_rescore_that_comes_after_another_event_changes_nothing():
    line = Line()
    line.send(live("e", 0, "purchase"))
    settle(line)
    late = rescore_line("demo", "v:v1", wanted(line, parts={}), at=9)
    line.send(live("f", 1000, "form_submit"))
    tell(line, late)
    settle(line)
    assert line.scores(T0)["v:v1", "engagement"] == pytest.approx(40 + decayed(20, T0 + 1000))
    assert rows(line, "v:v1", "rebuilt") == []


def test_a_rescore_of_somebody_who_has_moved_changes_nothing():
    line = Line()
    line.send(live("e", 0, "purchase"))
    settle(line)
    late = rescore_line("demo", "v:v1", wanted(line, parts={}), at=9)
    line.send(identify("i", 1000, "anna"))
    tell(line, late)
    settle(line)
    assert line.scores(T0)["c:anna", "engagement"] == pytest.approx(40)
    line.finish(T0 + FAR_MS)


def test_forgetting_somebody_takes_their_history_too():
    line = Line()
    tell(line, base(), base("v:v2"))
    line.send(identify("i", 0, "anna"))
    settle(line)
    tell(line, forget_line("demo", visitor_id="v1", customer_id="anna"), forget_line("demo", customer_id="anna"))
    settle(line)
    assert {key for agent in line.subjects for key in agent.values} == {"demo\0v:v2"}
    assert {key for key, value in last_scores(line).items() if value is not None} == {"demo:v:v2:engagement"}
