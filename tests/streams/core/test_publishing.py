"""A model that is published: where it begins, what becomes of the scores there are, and what is refused."""

import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import dumps, loads
from schemas.topics import MODELS, REJECTED, SCORE_CHANGES, SCORES, SIGNALS, TRACKED
from streams.core import subjects, visitors
from streams.core.base import Base, base_line
from streams.core.publishing import model_line
from streams.core.rulebook import ModelTexts, Rulebook, read_book
from streams.core.rules import VisitorRules
from streams.core.work import Work
from tests.streams.core.running import MODELS as FOLDER
from tests.streams.core.running import Agent

T0 = 1_790_000_000_000
MINUTE, DAY = 60_000, 86_400_000
SHOP = ModelTexts((FOLDER / "scores.yaml").read_text(), (FOLDER / "triggers.yaml").read_text())
B2B = ModelTexts((FOLDER / "b2b_scores.yaml").read_text(), (FOLDER / "b2b_triggers.yaml").read_text())
SMALL = ModelTexts(
    "version: small-1\nscores:\n  warmth:\n    bands: {w: 0}\n    rules:\n      view: {when: {kind: [page_view]}, points: 2}\n",
    "version: small-1\ntriggers: {}\n",
)
SMALLER = ModelTexts(SMALL.scores.replace("small-1", "small-2").replace("view:", "seen:"), SMALL.triggers)


class People:
    """One subjects agent, and what it has published."""

    def __init__(self, texts=SHOP):
        self.agent, self.records, self.lines = Agent(subjects, read_book(texts, {}, partitions=1)), [], []
        self.number = 0

    def publish(self, texts, *, at=T0, partition=0, site="demo"):
        return self.take(model_line(site, texts, partition=partition, at=at))

    def does(self, kind, *, minutes=0, site="demo", **fields):
        return self.take(dumps(self.event(kind, minutes=minutes, site=site, **fields)))

    def event(self, kind, *, minutes=0, **fields):
        self.number += 1
        at = T0 + int(minutes * MINUTE)
        event = {"event_id": f"e{self.number}", "site": "demo", "visitor_id": "v1", "customer_id": "c1", "kind": kind}
        event |= {
            "event_time": at,
            "received_at": at,
            "sent_at": at,
            "ts_source": "client",
            "skew_ms": 0,
            "session_id": f"s{self.number // 5:035}",
        }
        return event | fields

    def take(self, *encoded):
        out = self.agent.absorb(b"\n".join(encoded))
        self.records += out.records
        self.lines += [line for lines in out.lines.values() for line in lines]
        return out

    def values(self, topic):
        return [loads(record.value) for record in self.records if record.topic is topic and record.value]

    def standing(self):
        """The last record of each score by its key; those that are gone are not there."""
        last = {record.key.decode(): record.value for record in self.records if record.topic is SCORES}
        return {key: loads(value) for key, value in last.items() if value}

    def contributions(self):
        """(subject, score) -> sum of the rows of the version that the score is of, as of its time."""
        found = defaultdict(list)
        standing = {(one["subject"], one["score"]): one for one in self.standing().values()}
        for row in self.values(SCORE_CHANGES):
            one = standing.get((row["subject"], row["score"]))
            if one and one["model_version"] == row["model_version"]:
                half_life = one["half_life_s"] * 1000
                found[one["subject"], one["score"]].append(
                    row["points"] * (2 ** ((row["event_time"] - one["updated_at"]) / half_life) if half_life else 1)
                )
        return {key: math.fsum(parts) for key, parts in found.items()}

    def adds_up(self):
        sums = self.contributions()
        for one in self.standing().values():
            assert sums.get((one["subject"], one["score"]), 0.0) == pytest.approx(one["raw_value"], abs=1e-6), one


@pytest.fixture
def people():
    return People()


def test_what_is_behind_the_line_goes_by_the_new_model_and_what_is_before_it_by_the_old(people):
    encoded = [
        dumps(people.event("page_view", url_path="/a")),
        model_line("demo", SMALL, partition=0, at=T0),
        dumps(people.event("page_view", url_path="/b")),
        dumps(people.event("page_view", url_path="/b", site="other")),
    ]
    people.take(*encoded)
    versions = [(row["site"], row["score"], row["model_version"]) for row in people.values(SCORE_CHANGES) if row["reason"] == "event"]
    assert versions == [
        ("demo", "engagement", "shipped-1"),
        ("demo", "lifecycle", "shipped-1"),
        ("demo", "warmth", "small-1"),
        ("other", "engagement", "shipped-1"),
        ("other", "lifecycle", "shipped-1"),
    ]
    assert {key for key in people.standing() if key.startswith("demo")} == {"demo:c:c1:warmth"}


def test_it_is_remembered_over_a_restart(people):
    people.publish(SMALL)
    fresh = Agent(subjects, read_book(SHOP, {}, partitions=1))
    fresh.state, fresh.meta = people.agent.state, people.agent.meta
    people.agent = fresh
    people.does("page_view")
    assert [row["score"] for row in people.values(SCORE_CHANGES)] == ["warmth"]


def test_partition_0_says_what_runs(people):
    people.publish(SMALL, partition=1)
    assert people.values(MODELS) == []
    people.publish(SMALL, at=T0 + 1)
    (record,) = people.values(MODELS)
    MODELS.value.model_validate(record)
    assert (record["version"], record["triggers_version"], record["earlier"]) == ("small-1", "", ["shipped-1"])


def test_the_value_stays_what_it_was_although_it_decays_at_another_pace_from_here(people):
    people.does("form_submit")
    people.does("page_view", url_path="/pricing", minutes=1)
    people.does("identify", minutes=2, traits={"company": "Engines", "title": "CEO", "email": "ada@engines.example"})
    before = people.standing()["demo:c:c1:engagement"]
    people.publish(B2B, at=T0 + 3 * DAY)
    people.does("page_view", url_path="/b", minutes=3 * 24 * 60)
    after = people.standing()["demo:c:c1:engagement"]
    decayed = before["raw_value"] * 2 ** -((T0 + 3 * DAY - before["updated_at"]) / 1000 / before["half_life_s"])
    assert after["raw_value"] == pytest.approx(decayed + 1, abs=1e-6)
    assert (after["half_life_s"], after["model_version"]) == (30 * 86_400, "b2b-1")
    assert people.standing()["demo:c:c1:fit"]["raw_value"] == 15 + 25
    assert people.standing()["demo:c:c1:lifecycle"]["band"] == "intent"
    people.adds_up()


def test_a_score_that_the_new_model_does_not_have_leaves_by_a_tombstone(people):
    people.does("page_view")
    people.publish(SMALL)
    out = people.does("page_view", minutes=1)
    gone = {record.key.decode() for record in out.records if record.topic is SCORES and record.value is None}
    assert gone == {"demo:c:c1:engagement", "demo:c:c1:lifecycle"}
    people.publish(SMALLER)
    people.does("click", minutes=2)
    people.does("page_view", minutes=3)
    assert people.standing()["demo:c:c1:warmth"]["raw_value"] == 2.0
    people.adds_up()


def test_time_alone_takes_somebody_over_too(people):
    people.does("form_submit")
    people.publish(B2B)
    for out in people.agent.advance(T0 + 300 * DAY):
        people.records += out.records
    assert people.standing()["demo:c:c1:engagement"]["model_version"] == "b2b-1"
    people.adds_up()


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (ModelTexts("hello", SHOP.triggers), "write keys"),
        (ModelTexts(SHOP.scores.replace("points: 8", "points: 9"), SHOP.triggers), "with other content"),
        (ModelTexts(SMALL.scores, "version: t\ntriggers:\n  a: {score: engagement, reaches: 5}\n"), "engagement"),
        (SMALL, "ran before"),
    ],
)
def test_what_cannot_run_is_refused_and_what_ran_goes_on(people, texts, says):
    people.publish(SMALL)
    people.publish(ModelTexts(SHOP.scores.replace("shipped-1", "mine"), SHOP.triggers))
    if says == "with other content":
        texts = ModelTexts(texts.scores.replace("shipped-1", "mine"), texts.triggers)
    people.publish(texts)
    (rejected,) = people.values(REJECTED)
    assert rejected["reason"] == "invalid_model"
    assert says in rejected["message"]
    people.does("page_view")
    assert people.standing()["demo:c:c1:engagement"]["model_version"] == "mine"


def test_publishing_the_same_again_changes_nothing(people):
    people.publish(SMALL)
    people.does("page_view")
    people.publish(SMALL)
    people.does("page_view", minutes=1)
    assert people.values(REJECTED) == []
    assert people.standing()["demo:c:c1:warmth"]["raw_value"] == 4.0
    assert [row["reason"] for row in people.values(SCORE_CHANGES)] == ["event", "event"]


def test_triggers_alone_can_be_published(people):
    triggers = "version: mine\ntriggers:\n  any_chat: {when: {kind: [chat_start]}, count: 1, within: 1h}\n"
    people.does("page_view")
    people.publish(ModelTexts(SHOP.scores, triggers))
    people.does("chat_start", minutes=1)
    assert [(signal["trigger"], signal["version"]) for signal in people.values(SIGNALS)] == [("any_chat", "mine")]
    assert {row["reason"] for row in people.values(SCORE_CHANGES)} == {"event"}


def test_the_line_goes_through_the_visitors_to_the_partition_it_names():
    agent = Agent(visitors, VisitorRules(3))
    good, beyond = (model_line("demo", SMALL, partition=number, at=T0) for number in (2, 3))
    out = agent.absorb(b"\n".join([good, beyond, b'{"control":"model","site":7}', b'{"control":"model",']))
    assert out.lines == {(TRACKED, 2): [good]}
    assert out.records == []


def test_a_line_that_is_none_and_a_partition_without_a_book_change_nothing(people):
    assert people.take(b'{"control":"model","site":7}', b'{"control":"model",').records == []
    alone = Agent(subjects, people.agent.rules.default)
    assert alone.absorb(model_line("demo", SMALL, partition=0, at=T0)).records == []


def test_a_model_that_this_program_cannot_read_any_more_gives_way_to_that_of_the_settings(people):
    people.publish(SMALL)
    people.agent.rules = Rulebook(people.agent.rules.default)
    key = "demo\0m:model"
    entry = people.agent.state.get(key)["published"]
    people.agent._commit(lambda work: work.state.put(key, {"published": entry | {"scores": "scores: from a newer program"}}))
    out = people.does("page_view")
    assert out.counts["models_unreadable"] == 1
    assert people.standing()["demo:c:c1:engagement"]["model_version"] == "shipped-1"


KINDS = ("page_view", "click", "form_submit", "purchase", "chat_start", "custom", "identify", "email_click")
MORE = (
    ModelTexts(SHOP.scores.replace("shipped-1", "shop-2").replace("half_life: 14d", "half_life: 3d"), SHOP.triggers),
    B2B,
    SMALL,
    SMALLER,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_published_when_the_rows_of_a_version_sum_to_its_scores(data):
    people, waiting = People(), list(data.draw(st.permutations(MORE)))
    for step in range(data.draw(st.integers(3, 25))):
        what = data.draw(st.sampled_from(("event",) * 6 + ("model", "label", "base", "link")))
        if what == "event":
            path = data.draw(st.sampled_from(("/", "/pricing", "/security", "/careers")))
            traits = {"traits": {"company": "Engines", "employees": data.draw(st.integers(1, 900))}}
            who = {} if data.draw(st.booleans()) else {"customer_id": ""}
            minutes = step * 300 - data.draw(st.integers(0, 2_000))
            name = data.draw(st.sampled_from(("Trial Started", "Subscription Cancelled", "Product Added")))
            people.does(data.draw(st.sampled_from(KINDS)), minutes=minutes, url_path=path, name=name, **traits, **who)
        elif what == "model" and waiting:
            people.publish(waiting.pop(), at=T0 + step * 300 * MINUTE)
        elif what == "label":
            props = {
                "sessions": [f"s{data.draw(st.integers(0, 3)):035}"],
                "traffic": data.draw(st.sampled_from(("bot", "human"))),
                "version": step,
            }
            people.does("page_view", minutes=step * 300, control="label", props=props)
        elif what == "base":
            version = people.agent.rules.at("demo", work_of(people.agent)).model.version
            parts = {"engagement": {"page_view": [float(data.draw(st.integers(0, 9))), T0 - 20 * DAY]}}
            people.take(base_line("demo", "c:c1", Base(version, parts, {}), at=T0 + step))
        elif what == "link":
            people.does("identify", minutes=step * 300, control="link")
            people.take(*[line for line in people.lines if b'"handover"' in line][-1:])
    people.does("page_view", minutes=50_000)
    people.adds_up()


def work_of(agent):
    return Work(agent.state, agent.meta)
