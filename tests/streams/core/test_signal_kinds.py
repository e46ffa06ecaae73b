"""Distinct counts, conditions, quiet hours, thresholds and absences, one behaviour at a time."""

import pytest

from schemas.codec import dumps, loads
from schemas.topics import SCORE_CHANGES, SIGNALS
from streams.core import subjects
from streams.core.work import Arrival
from tests.streams.core.running import MODELS, Agent

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = 1_790_071_200_000
"""2026-09-22 12:00 in Berlin."""

TEXT = """
version: t1
time_zone: Europe/Berlin
triggers:
  pages: {when: {kind: [page_view]}, count: 3, within: 1d, distinct_by: url_path, cooldown: 1d}
  products: {when: {kind: [custom], name: Compared}, count: 3, within: 1d, distinct_by: props.products.id}
  buyers: {when: {kind: [chat_start]}, count: 1, within: 1h, min_gap: 1s, cooldown: 1h, where: {stage: [purchase, loyalty]}}
  warm: {when: {kind: [chat_start]}, count: 1, within: 1h, where: {band: {engagement: [1, 2]}}}
  agreed: {when: {kind: [chat_start]}, count: 1, within: 1h, where: {consent: granted}}
  call: {when: {kind: [chat_end]}, count: 1, within: 1h, cooldown: 1h, quiet_hours: {from: "18:00", to: "08:00"}}
  skipped: {when: {kind: [chat_end]}, count: 1, within: 1h, cooldown: 1h, quiet_hours: {from: "18:00", to: "08:00", then: skip}}
  nobody_answered: {when: {kind: [form_submit]}, unless: {kind: [chat_message]}, within: 4h, cooldown: 1d}
  hot: {score: engagement, reaches: 60, falls: true, cooldown: 1h}
"""
RULES = subjects.read_rules(scores=(MODELS / "scores.yaml").read_text(), triggers=TEXT, partitions=1)


class Person:
    """What one subjects agent says about what people do; `at` in milliseconds after noon."""

    def __init__(self, rules=RULES):
        self.agent, self.records, self.number = Agent(subjects, rules), [], 0

    def does(self, kind, at, *, received=None, **fields):
        self.number += 1
        event = {"event_id": f"e{self.number}", "site": "demo", "visitor_id": "v1", "customer_id": "c1", "kind": kind}
        event |= {"event_time": NOON + at, "received_at": NOON + (at if received is None else received)}
        event |= {"sent_at": NOON + at, "ts_source": "client", "skew_ms": 0} | fields
        return self._take(self.agent.absorb(dumps({name: value for name, value in event.items() if value is not None})))

    def hears(self, control, at, props):
        line = {"control": control, "event_id": "l", "site": "demo", "visitor_id": "v1", "customer_id": "c1", "kind": "page_view"}
        line |= {"event_time": NOON + at, "received_at": NOON + at, "sent_at": NOON + at, "ts_source": "client", "skew_ms": 0}
        return self._take(self.agent.absorb(dumps(line | {"props": props})))

    def waits(self, until, *, watermark=None):
        """Time goes on; the watermark of the only source with it."""
        mark = NOON + (until - 10 * MINUTE if watermark is None else watermark)
        self.agent._commit(lambda work: subjects.absorb(b"", work, rules=self.agent.rules, arrival=Arrival(NOON + until, "0", mark)))
        return [found for out in self.agent.advance(NOON + until) for found in self._take(out)]

    def _take(self, out):
        self.records += out.records
        for record in out.records:
            if record.value is not None:
                record.topic.value.model_validate_json(record.value)
        return [loads(record.value) for record in out.records if record.topic is SIGNALS]

    def said(self, trigger):
        rows = [loads(record.value) for record in self.records if record.topic is SIGNALS]
        return [(row["event_id"], row["status"]) for row in rows if row["trigger"] == trigger]


@pytest.fixture
def person():
    return Person()


def test_distinct_by_counts_values_and_a_value_that_comes_again_stays_one(person):
    for at, path in ((0, "/a"), (1, "/b"), (2, "/a"), (DAY + 2, "/c"), (DAY + 2, "/b")):
        person.does("page_view", at, url_path=path)
    assert person.said("pages") == [("e5", "fired")]


def test_distinct_by_looks_into_lists_and_an_event_without_the_field_counts_nothing(person):
    for at, products in enumerate(([{"id": 1}, {"id": 9}], None, [{"id": 2}], "x", [{"id": "3"}])):
        person.does("custom", at, name="Compared", props={"products": products})
    (row,) = [loads(record.value) for record in person.records if record.topic is SIGNALS]
    assert (row["event_id"], row["payload"]) == ("e5", {"url_path": "", "count": 3, "within_s": 86400, "distinct_by": "props.products.id"})


def test_where_asks_for_the_stage_as_of_the_events_time_whatever_comes_first(person):
    person.does("chat_start", 10 * MINUTE)
    assert person.said("buyers") == []
    person.does("purchase", 5 * MINUTE, received=20 * MINUTE)
    assert person.said("buyers") == [("e1", "fired")]
    person.does("chat_start", 2 * MINUTE, received=30 * MINUTE)
    assert person.said("buyers") == [("e1", "fired")]


def test_where_asks_for_the_band_on_arrival_and_for_the_events_own_consent(person):
    person.does("chat_start", 0, consent="denied")
    person.does("purchase", MINUTE)
    person.does("chat_start", 10 * MINUTE, consent="granted")
    assert person.said("warm") == [("e3", "fired")]
    assert person.said("agreed") == [("e3", "fired")]


def test_what_is_quiet_is_held_and_given_when_the_hours_end(person):
    person.does("chat_end", 7 * HOUR)
    assert (person.said("call"), person.said("skipped")) == ([("e1", "suppressed_quiet")], [("e1", "suppressed_quiet")])
    assert person.waits(20 * HOUR - 1) == []
    (given,) = person.waits(20 * HOUR)
    assert (given["trigger"], given["status"], given["revision"], given["at"]) == ("call", "fired", 2, NOON + 20 * HOUR)
    assert person.waits(60 * HOUR) == []


def test_what_is_withdrawn_in_quiet_hours_is_not_given(person):
    person.does("chat_end", 7 * HOUR, session_id="s1-00000-0000")
    person.hears("label", 8 * HOUR, {"sessions": ["s1-00000-0000"], "traffic": "bot", "version": 1})
    assert person.waits(40 * HOUR) == []
    assert person.said("call") == [("e1", "suppressed_quiet"), ("e1", "withdrawn")]


def test_an_alert_at_the_end_of_quiet_hours_keeps_the_cooldown(person):
    person.does("chat_end", 5 * HOUR + 30 * MINUTE)
    person.does("chat_end", 6 * HOUR + 20 * MINUTE)
    person.does("chat_end", 7 * HOUR + 30 * MINUTE)
    person.waits(20 * HOUR)
    assert person.said("call") == [("e1", "fired"), ("e3", "suppressed_quiet"), ("e3", "fired")]


def test_absence_fires_once_when_the_watermark_has_passed_and_a_late_answer_withdraws_it(person):
    person.does("form_submit", 0)
    assert person.waits(5 * HOUR, watermark=4 * HOUR) == []
    (row,) = person.waits(5 * HOUR, watermark=4 * HOUR + 1)
    assert (row["trigger"], row["event_id"], row["status"], row["fired_at"]) == ("nobody_answered", "e1", "fired", NOON + 4 * HOUR)
    assert person.waits(9 * HOUR) == []
    (row,) = person.does("chat_message", 4 * HOUR, received=6 * HOUR)
    assert (row["status"], row["revision"]) == ("withdrawn", 2)


def test_an_absence_that_is_over_is_told_although_something_else_came_before_a_timer(person):
    person.does("form_submit", 0)
    person.agent.absorb(b"", at=NOON + 5 * HOUR, watermark=NOON + 4 * HOUR + 1)
    person.does("page_view", 5 * HOUR, url_path="/")
    (row,) = person.waits(5 * HOUR, watermark=4 * HOUR + 1)
    assert (row["trigger"], row["event_id"], row["status"]) == ("nobody_answered", "e1", "fired")
    assert person.waits(6 * HOUR) == []


def test_an_answer_counts_after_the_event_and_in_time_only(person):
    person.does("chat_message", -1)
    person.does("chat_message", 4 * HOUR + 1)
    person.does("form_submit", 0, received=4 * HOUR + 2)
    person.waits(5 * HOUR)
    assert person.said("nobody_answered") == [("e3", "fired")]


def test_an_answer_before_the_watermark_leaves_nothing_to_wait_for(person):
    person.does("form_submit", 0)
    person.does("chat_message", HOUR)
    assert person.waits(10 * HOUR) == []
    (value,) = person.agent.values.values()
    assert "due_event" not in value


def test_an_absence_within_the_cooldown_of_another_is_silent(person):
    for at in (0, HOUR, 25 * HOUR):
        person.does("form_submit", at)
    person.waits(40 * HOUR)
    assert [event for event, _ in person.said("nobody_answered")] == ["e1", "e3"]


def test_on_a_quiet_partition_the_clock_tells_that_something_did_not_come(person):
    person.does("form_submit", 0)
    assert [person._take(out) for out in person.agent.advance(NOON + 4 * HOUR + 10 * MINUTE, quiet=True)] == [[]]
    ((row,),) = [person._take(out) for out in person.agent.advance(NOON + 4 * HOUR + 10 * MINUTE + 1, quiet=True)]
    assert row["status"] == "fired"


def test_what_the_clock_has_told_stays_told_when_the_next_event_comes(person):
    person.does("form_submit", 0)
    for out in person.agent.advance(NOON + 5 * HOUR, quiet=True):
        person._take(out)
    person.does("form_submit", 5 * HOUR + 1)
    assert person.said("nobody_answered") == [("e1", "fired")]


def test_a_source_that_is_silent_while_others_are_not_holds_nothing_back(person):
    person.does("form_submit", 0)
    for source, heard, mark in (("0", 0, 0), ("1", 5 * HOUR, 5 * HOUR)):
        arrival = Arrival(NOON + heard, source, NOON + mark)
        person.agent._commit(lambda work, arrival=arrival: subjects.absorb(b"", work, rules=RULES, arrival=arrival))
    assert [row["status"] for out in person.agent.advance(NOON + 4 * HOUR + 20 * MINUTE) for row in person._take(out)] == []
    assert [row["status"] for out in person.agent.advance(NOON + 4 * HOUR + 21 * MINUTE) for row in person._take(out)] == ["fired"]


def test_absences_are_dropped_when_no_live_event_can_answer_them(person):
    person.does("form_submit", 0)
    person.does("chat_message", 1)
    person.waits(5 * HOUR)
    person.does("form_submit", 30 * DAY)
    (value,) = person.agent.values.values()
    kept = value["triggers"]["nobody_answered"]
    assert ([match[3] for match in kept["matches"]], kept["answers"]) == (["e3"], [])


def test_a_threshold_fires_at_once_is_silent_for_an_hour_and_falls_well_below(person):
    person.does("purchase", 0)
    assert person.said("hot") == []
    person.does("form_submit", 1)
    person.does("form_submit", 2)
    assert person.said("hot") == [("e3", "fired")]
    (row,) = [row for day in range(1, 20) for row in person.waits(day * DAY) if row["trigger"] == "hot"]
    assert (row["trigger"], row["payload"]["direction"], row["event_id"]) == ("hot", "down", "")
    assert row["payload"]["value"] == pytest.approx(48, rel=0.05)
    assert row["payload"]["value"] < 48


def test_a_threshold_that_flaps_is_told_when_the_hour_is_over(person):
    for number in range(3):
        person.does("purchase", number, session_id="s1-00000-0000")
    person.does("refund", MINUTE)
    person.does("refund", MINUTE)
    person.does("refund", MINUTE)
    person.does("refund", MINUTE)
    assert [status for _, status in person.said("hot")] == ["fired"]
    (row,) = person.waits(2 * HOUR)
    assert row["payload"]["direction"] == "down"
    assert row["at"] >= NOON + HOUR


def test_a_label_that_takes_the_points_away_withdraws_the_threshold(person):
    person.does("purchase", 0, session_id="s1-00000-0000")
    person.does("purchase", 1, session_id="s1-00000-0000")
    person.hears("label", 2, {"sessions": ["s1-00000-0000"], "traffic": "bot", "version": 1})
    person.hears("label", 3, {"sessions": ["s1-00000-0000"], "traffic": "human", "version": 2})
    statuses = [status for _, status in person.said("hot")]
    assert statuses[:2] == ["fired", "withdrawn"]
    assert len(statuses) == 3


def test_a_visitor_hands_over_absences_thresholds_and_what_is_held_back():
    visitor = Person()
    visitor.does("form_submit", 6 * HOUR, customer_id=None)
    visitor.does("chat_end", 6 * HOUR + 1, customer_id=None)
    visitor.does("purchase", 6 * HOUR + 2, customer_id=None)
    visitor.does("purchase", 6 * HOUR + 3, customer_id=None)
    assert [status for _, status in visitor.said("hot")] == ["fired"]
    link = {"control": "link", "event_id": "l", "site": "demo", "visitor_id": "v1", "customer_id": "c1", "kind": "identify"}
    link |= dict.fromkeys(("event_time", "received_at", "sent_at"), NOON + 7 * HOUR) | {"ts_source": "client", "skew_ms": 0}
    out = visitor.agent.absorb(dumps(link))
    customer = Person()
    ((line,),) = out.lines.values()
    rows = customer._take(customer.agent.absorb(line))
    assert {(row["trigger"], row["subject"], row["status"], row["revision"]) for row in rows} == {
        ("call", "c:c1", "suppressed_quiet", 2),
        ("skipped", "c:c1", "suppressed_quiet", 2),
        ("hot", "c:c1", "fired", 2),
    }
    assert [row["trigger"] for row in customer.waits(11 * HOUR)] == ["nobody_answered"]
    assert [(row["trigger"], row["status"]) for row in customer.waits(20 * HOUR)] == [("call", "fired")]
    assert visitor.waits(20 * HOUR) == []


def test_another_version_begins_anew_and_remembers_the_alert(person):
    person.does("chat_end", 0)
    person.agent.rules = subjects.read_rules(
        scores=(MODELS / "scores.yaml").read_text(), triggers=TEXT.replace("version: t1", "version: t2"), partitions=1
    )
    person.does("chat_end", 10 * MINUTE)
    person.does("chat_end", 80 * MINUTE)
    assert person.said("call") == [("e1", "fired"), ("e2", "suppressed_cooldown"), ("e3", "fired")]


INTERESTS = """
interests:
  half_life: 30d
  rules:
    page: {when: {kind: [page_view]}, category: [props.category], points: 1, max: {count: 2, window: 1d}}
    bought: {when: {kind: [purchase]}, category: [props.category, props.products.category], points: 10}
    asked: {when: {kind: [preference], props: {opt: in}}, category: [props.topic], points: 20}
    refused: {when: {kind: [preference], props: {opt: out}}, category: [props.topic], points: -20}
"""


def shown(person):
    last = [loads(record.value) for record in person.records if record.key == b"demo:c:c1:interests"][-1]
    return {reason["rule"]: reason["points"] for reason in last["reasons"]}


@pytest.fixture
def curious():
    scores = (MODELS / "scores.yaml").read_text()
    return Person(subjects.read_rules(scores=scores.partition("\ninterests:")[0] + INTERESTS, triggers=TEXT, partitions=1))


def test_interests_are_counted_by_category_within_their_caps(curious):
    for at in range(3):
        curious.does("page_view", at, props={"category": " Shoes"})
    curious.does("purchase", 3, props={"products": [{"category": "Coats"}, {"category": "shoes"}, {"category": "coats"}, {}]})
    curious.does("preference", 4, props={"opt": "in", "topic": "News"})
    curious.does("preference", 5, props={"opt": "out", "topic": "coats"})
    assert shown(curious) == pytest.approx({"news": 20, "shoes": 12, "coats": -10}, abs=1e-3)
    rows = [loads(record.value) for record in curious.records if record.topic is SCORE_CHANGES]
    rows = [(row["rule"], row["points"]) for row in rows if row["score"] == "interests"]
    assert rows == [("shoes", 1), ("shoes", 1), ("coats", 10), ("shoes", 10), ("news", 20), ("coats", -20)]


def test_an_earlier_event_displaces_within_its_category(curious):
    for at, category in ((1, "a"), (2, "a"), (3, "b"), (0, "a")):
        curious.does("page_view", at, received=10, props={"category": category})
    rows = [loads(record.value) for record in curious.records if record.topic is SCORE_CHANGES]
    rows = [(row["rule"], row["event_id"], row["points"]) for row in rows if row["score"] == "interests"]
    assert rows == [("a", "e1", 1), ("a", "e2", 1), ("b", "e3", 1), ("a", "e2", -1), ("a", "e4", 1)]


def test_the_strongest_twenty_are_shown_and_forty_kept(curious):
    for number in range(45):
        curious.does("purchase", number, props={"category": f"c{number:02}"})
    assert len(shown(curious)) == 20
    (value,) = curious.agent.values.values()
    assert sorted(value["scores"]["interests"]) == [f"c{number:02}" for number in range(5, 45)]
