"""The subjects core, one behaviour at a time."""

import pytest

from schemas.codec import dumps
from schemas.errors import Misconfigured
from schemas.topics import REJECTED, SCORE_CHANGES, SCORES, SIGNALS
from streams.core import subjects
from tests.streams.core.logs import MINUTE, T0
from tests.streams.core.running import MODELS, PARTITIONS, RULES, Line
from tests.streams.core.test_visitors import identify, live

DAY = 24 * 60 * MINUTE
SHOP = "https://shop.example"


@pytest.fixture
def line():
    return Line()


def send(line, *events):
    for event in events:
        line.send(event)
        line.settle()


def points(line, topic=SCORE_CHANGES):
    """What is about scores made of rules, not about the lifecycle."""
    return [value for value in line.values(topic) if value["score"] != "lifecycle"]


def stages(line):
    """The moves: rule, from, to, and what else they say."""
    return [
        (row["rule"], row["band_before"], row["band_after"], row.get("skipped"), row["reason"])
        for row in line.values(SCORE_CHANGES)
        if row["score"] == "lifecycle"
    ]


def rows(line, subject):
    return [(row["rule"], row["points"], row["reason"]) for row in points(line) if row["subject"] == subject]


def test_a_change_is_a_row_with_rule_event_and_band(line):
    send(line, live("a", 0, "purchase", value=5.0))
    (row,) = points(line)
    expected = {"score": "engagement", "rule": "purchase", "event_id": "a", "event_time": T0, "points": 40.0, "at": T0}
    expected |= {"before": 0.0, "after": 40.0, "band_before": "3", "band_after": "2", "reason": "event", "subject": "v:v1"}
    assert row == row | expected
    (score,) = points(line, SCORES)
    assert score == score | {
        "value": 40.0,
        "band": "2",
        "visitor_id": "v1",
        "reasons": [{"rule": "purchase", "points": 40.0}],
        "version": 1,
    }


def test_a_score_halves_in_its_half_life_and_shows_at_most_its_ceiling(line):
    send(line, *[live(f"e{n}", n, "purchase") for n in range(3)])
    assert points(line, SCORES)[-1]["value"] == 100.0
    assert points(line, SCORES)[-1]["raw_value"] == pytest.approx(120.0, abs=1e-6)
    send(line, live("later", 14 * DAY, "form_submit"))
    assert points(line, SCORES)[-1]["raw_value"] == pytest.approx(80.0, abs=1e-6)


def test_the_earliest_of_a_window_count_and_a_late_one_displaces_the_latest(line):
    price = {"url": SHOP + "/pricing"}
    send(line, *[live(f"e{n}", n * MINUTE, **price) for n in (1, 2, 3)])
    send(line, live("e0", 0, received=T0 + 3 * MINUTE, **price))
    found = [(row["event_id"], row["points"], row["reason"]) for row in line.values(SCORE_CHANGES) if row["rule"] == "price_page"]
    assert found == [("e1", 8.0, "event"), ("e2", 8.0, "event"), ("e2", -8.0, "displaced"), ("e0", 8.0, "event")]


def test_machine_traffic_never_scores(line):
    send(line, live("a", 0, url=SHOP + "/pricing", webdriver=True))
    assert line.values(SCORES) == []
    assert line.counts["events_unscored"] == 1


def test_fit_follows_the_latest_traits(line):
    send(line, identify("i", 1000, "c1", traits={"company": "Acme", "employees": 800, "tags": ["x"]}))
    assert line.scores(T0)["c:c1", "fit"] == 70
    send(line, identify("j", 0, "c1", traits={"employees": 1}), identify("k", 2000, "c1", traits={"employees": 60}))
    assert line.scores(T0)["c:c1", "fit"] == 50
    assert line.contributions(T0)["c:c1", "fit"] == 50


def test_a_link_hands_the_visitors_scores_to_the_customer_once(line):
    send(line, live("a", 0, "form_submit"), identify("i", 1000, "c1"), identify("j", 2000, "c1"))
    assert rows(line, "v:v1") == [("form_submit", 20.0, "event"), ("form_submit", -20.0, "handed_over")]
    assert rows(line, "c:c1") == [("form_submit", 20.0, "merged")]
    last = {record.key: record.value for record in line.records if record.topic is SCORES}
    assert last[b"demo:v:v1:engagement"] is None
    assert line.scores(T0) == pytest.approx({("c:c1", "engagement"): 20.0, ("c:c1", "lifecycle"): 3.0})


def test_caps_are_united_with_compensating_rows(line):
    for visitor in ("v1", "v2"):
        send(line, *[live(f"{visitor}-{n}", n * MINUTE, "form_submit", visitor=visitor) for n in range(2)])
        send(line, identify(f"{visitor}-i", 5 * MINUTE, "c1", visitor=visitor))
    merged = rows(line, "c:c1")
    assert merged.count(("form_submit", -20.0, "displaced")) == 2
    assert line.scores(T0)["c:c1", "engagement"] == pytest.approx(40.0, rel=1e-3)
    assert line.contributions(T0) == pytest.approx(line.scores(T0), abs=1e-9)


def test_two_devices_of_a_customer_make_one_signal_and_it_shows_the_customer(line):
    send(line, live("a", 0, url=SHOP + "/pricing"), live("b", MINUTE, url=SHOP + "/pricing", visitor="v2"))
    send(line, identify("i", 2 * MINUTE, "c1"), identify("j", 3 * MINUTE, "c1", visitor="v2"))
    (signal,) = line.values(SIGNALS)
    assert (signal["event_id"], signal["subject"], signal["status"]) == ("b", "c:c1", "fired")


def test_a_signal_keeps_its_id_over_the_handover(line):
    send(line, live("a", 0, url=SHOP + "/pricing"), live("b", 6 * MINUTE, url=SHOP + "/plans"), identify("i", 7 * MINUTE, "c1"))
    before, after = line.values(SIGNALS)
    assert before["signal_id"] == after["signal_id"]
    assert (before["subject"], before["revision"], before["status"]) == ("v:v1", 1, "fired")
    assert (after["subject"], after["revision"], after["status"], after["customer_id"]) == ("c:c1", 2, "fired", "c1")


def test_what_comes_for_a_visitor_after_the_handover_is_forwarded_and_not_stored_again(line):
    send(line, live("a", 0, "form_submit"), identify("i", 1000, "c1"))
    stray = next(one for one in line.tracked if one["event_id"] == "a") | {"event_id": "stray"}
    for agent in line.subjects:
        out = agent.absorb(dumps(stray))
        lines = [one for found in out.lines.values() for one in found]
        line._collect(out)
        if lines:
            assert all(b'"control":"forward"' in one for one in lines)
    line.settle()
    assert ("form_submit", 20.0, "event") in rows(line, "c:c1")


def test_an_alias_to_another_customer_sends_what_follows_there(line):
    send(line, live("f", 0, "form_submit"), identify("i", 1, "c1"))
    send(line, identify("j", 2, "c2", kind="alias", previous_id="v1"), live("p", 3, "purchase"))
    assert line.scores(T0) == pytest.approx(
        {("c:c1", "engagement"): 20.0, ("c:c2", "engagement"): 40.0, ("c:c1", "lifecycle"): 3.0, ("c:c2", "lifecycle"): 4.0}, abs=1e-3
    )
    assert line.counts["handovers"] == 1


def test_falling_through_a_band_without_any_event_is_published(line):
    send(line, live("a", 0, "purchase"), live("b", 1, "form_submit"), live("c", 2, "purchase"))
    for day in range(1, 40):
        for agent in line.subjects:
            for out in agent.advance(T0 + day * DAY):
                line._collect(out)
    falls = [(row["band_before"], row["band_after"]) for row in line.values(SCORE_CHANGES) if row["reason"] == "decay"]
    assert falls == [("1", "2"), ("2", "3")]
    last = points(line, SCORES)[-1]
    assert last["band"] == "3"
    assert last["value"] == pytest.approx(30.0, abs=1e-3)
    assert last["raw_value"] < 30.0
    assert line.contributions(T0) == pytest.approx(line.scores(T0), abs=1e-9)


@pytest.mark.parametrize(
    "bad",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"control": "explode"}',
        dumps({"control": "link", "kind": "identify", "event_id": "e", "site": "demo", "event_time": 1, "received_at": 1}),
        dumps({"kind": "page_view", "event_id": "e", "site": "demo", "event_time": 1, "received_at": 1, "visitor_id": "v", "props": [1]}),
        dumps({"kind": "page_view", "event_id": "e", "site": "demo", "event_time": "1", "received_at": 1}),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected(line, bad):
    line._collect(line.subjects[0].absorb(bad, at=5))
    assert [rejected["reason"] for rejected in line.values(REJECTED)] == ["unreadable"]


def test_the_watermark_is_the_least_of_its_sources():
    assert subjects.watermark({}) == 0
    assert subjects.watermark({"watermarks": {"0": 7, "1": 5}}) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("half_life: 14d", "half_life: 2 weeks"), "30m"),
        (("points: 8", "poinst: 8"), "poinst"),
        (("at_least: 50", "at_most: 50"), "at_most"),
        (('trait: {name: company, matches: "?*"}', "max: {count: 1, window: 1d}"), "either"),
    ],
)
def test_a_wrong_model_is_refused_with_what_to_change(change, message):
    scores = (MODELS / "scores.yaml").read_text()
    assert change[0] in scores
    with pytest.raises(Misconfigured, match=message):
        subjects.read_rules(scores=scores.replace(*change), triggers=(MODELS / "triggers.yaml").read_text(), partitions=1)


def test_the_shipped_rules_are_read():
    assert RULES.partitions == PARTITIONS
    assert RULES.model.scores.keys() == {"engagement", "fit", "interests", "lifecycle"}
    assert [trigger.name for trigger in RULES.triggers] == ["price_page_twice"]


def test_a_stage_is_reached_forward_only_and_says_what_it_skipped(line):
    send(line, live("a", 0, url=SHOP + "/about"), live("b", DAY, "purchase"), live("c", DAY + MINUTE, "form_submit"))
    assert stages(line) == [
        ("visited", "", "awareness", [], "event"),
        ("bought", "awareness", "purchase", ["consideration", "intent"], "event"),
    ]
    move = [row for row in line.values(SCORE_CHANGES) if row["score"] == "lifecycle"][-1]
    assert (move["days_in_stage"], move["event_id"], move["event_time"]) == (1.0, "b", T0 + DAY)
    assert {score["stage"] for score in line.values(SCORES)[-2:]} == {"purchase"}


def test_a_late_event_moves_the_moves_and_they_still_sum_to_the_stage(line):
    send(line, live("b", MINUTE, "purchase"), live("a", 0, "form_submit", received=T0 + 2 * MINUTE))
    assert stages(line) == [
        ("bought", "", "purchase", ["awareness", "consideration", "intent"], "event"),
        ("bought", "purchase", "", None, "displaced"),
        ("asked", "", "intent", ["awareness", "consideration"], "event"),
        ("bought", "intent", "purchase", [], "event"),
    ]
    assert line.contributions(T0)["v:v1", "lifecycle"] == 4


def test_silence_makes_dormant_and_the_stage_stays_until_somebody_returns(line):
    send(line, live("a", 0, "purchase"))
    for agent in line.subjects:
        for out in agent.advance(T0 + 181 * DAY):
            line._collect(out)
    last = [score for score in line.values(SCORES) if score["score"] == "lifecycle"][-1]
    assert (last["band"], last["stage"], last["value"]) == ("dormant", "purchase", 4.0)
    send(line, live("b", 200 * DAY, "click"))
    assert [(row[0], row[2]) for row in stages(line)] == [("bought", "purchase"), ("dormant", "dormant"), ("returned", "purchase")]
    last = [score for score in line.values(SCORES) if score["score"] == "lifecycle"][-1]
    assert last["band"] == "purchase"
