"""Scores computed anew from the store: what they should be, compared with what is published, and told to the streams."""

import pytest

from footprint.rescoring import Rescoring, kept_since, replay_scores, tell_history
from schemas.codec import dumps, loads
from schemas.topics import SCORE_CHANGES, SCORES, TRACKED
from streams.core import subjects
from streams.core.history import base_of
from streams.core.state import PartitionState
from streams.core.work import Arrival, Work
from tests.sinks.rows import NOW, event, identity, insert
from tests.sinks.schema import client, migrated
from tests.streams.core.running import RULES

pytestmark = pytest.mark.store
__all__ = ["client", "migrated"]

DAY = 86_400_000
ALWAYS = {"from": "1000000000", "to": str(NOW // 1000 + 10**6)}


class Streams:
    """The subjects core of one partition: what it is told goes into its state, what it publishes into the store."""

    def __init__(self, client):
        self.client, self.state, self.rules = client, PartitionState(), RULES
        self.told, self.published = [], 0

    def absorb(self, *lines):
        work = Work(self.state, {})
        subjects.absorb(b"\n".join(lines), work, rules=self.rules, arrival=Arrival(NOW))
        return self._publish(work)

    def wait(self):
        """Let a minute pass, in which hits of e-mails wait for their verdicts."""
        work = Work(self.state, {})
        subjects.advance(work, rules=self.rules, now_ms=NOW + 60_000, quiet=False)
        return self._publish(work)

    def _publish(self, work):
        self.state.commit()
        for (topic, _), lines in work.out.lines.items():
            verdicts = [line for line in map(loads, lines) if topic is TRACKED and line["control"] == "verdict"]
            if verdicts:
                insert(self.client, "tracked", *verdicts)
        for record in work.out.records:
            table = {SCORES: "scores", SCORE_CHANGES: "score_changes"}.get(record.topic)
            self.published += 1
            place = {"kafka_partition": 0, "kafka_offset": self.published}
            if table and record.value:
                insert(self.client, table, {**place, **loads(record.value)})
        return work.out

    def tell(self, site, lines):
        self.told += [line for _, line in lines]
        self.absorb(*[line for _, line in lines])


@pytest.fixture
def streams(client):
    return Streams(client)


@pytest.fixture
def rescoring(migrated):
    return Rescoring(migrated, "demo", RULES, NOW + DAY)


def store(streams, *events, live=True):
    insert(streams.client, "tracked", *events)
    if live:
        streams.absorb(*map(dumps, events))


def page(event_id, **fields):
    return event(event_id, url_path="/pricing", **{"visitor_id": "v", **fields})


def shown(client):
    return {tuple(row[:2]): row[2] for row in client.rows("SELECT subject, score, raw_value FROM scores_raw FINAL ORDER BY subject, score")}


def replay(rescoring, streams):
    report = replay_scores(rescoring, ALWAYS, streams.tell)
    return report.subjects, report.left, report.differing, report.scores_changed


def test_scores_that_are_as_they_should_be_are_left_alone(streams, rescoring, client):
    insert(client, "identities", identity("w", "anna"))
    props = {"form": "quote", "nested": {"a": [1, 2.5, "x"]}}
    store(
        streams,
        page("a"),
        page("b", event_time=NOW - 3_600_000),
        event("c", visitor_id="w", customer_id="anna", kind="form_submit", props=props),
        event("d", visitor_id="w", customer_id="anna", kind="identify", traits={"employees": 60, "title": "CEO"}),
        event("e", customer_id="anna", kind="email_click", message_id="m1"),
        page("bot", visitor_id="x", traffic="bot"),
    )
    streams.wait()
    before = shown(client)
    assert before["c:anna", "fit"] == 60
    assert replay(rescoring, streams) == (3, 0, 0, 0)
    assert streams.told == []
    assert shown(client) == before


def test_a_score_that_is_wrong_is_put_right_and_stays_right(streams, rescoring, client):
    store(streams, page("a"))
    right = shown(client)
    insert(client, "tracked", page("b", event_time=NOW + 1000))  # an event that the streams never saw
    assert replay(rescoring, streams) == (1, 0, 1, 1)
    assert shown(client)["v:v", "engagement"] == pytest.approx(right["v:v", "engagement"] + 8, abs=1e-3)
    assert replay(rescoring, streams) == (1, 0, 0, 0)
    assert client.rows("SELECT reason, rule, event_id FROM score_changes WHERE reason = 'rebuilt'") == [("rebuilt", "price_page", "")]


def test_the_slots_that_a_machines_session_held_are_freed(streams, rescoring, client):
    from tests.sinks.rows import session

    store(
        streams, *[page(f"m{n}", session_id="bad", event_time=NOW + n) for n in range(2)], page("good", session_id="s", event_time=NOW + 9)
    )
    insert(client, "sessions", session("bad", visitor_id="v", traffic="suspect", relabelled=True))
    assert replay(rescoring, streams) == (1, 0, 1, 1)
    assert shown(client)["v:v", "engagement"] == pytest.approx(9)


def test_somebody_about_whom_something_is_on_its_way_is_left_out(streams, rescoring, client):
    store(streams, page("a", received_at=NOW + DAY - 1000))
    store(streams, page("b", visitor_id="w"))
    insert(client, "score_changes", {**_change("v:w", "lost"), "kafka_partition": 0, "kafka_offset": 10**9})
    assert replay(rescoring, streams) == (2, 2, 0, 0)


def click(event_id, **fields):
    return event(event_id, **{"customer_id": "anna", "kind": "email_click", "message_id": "m1"} | fields)


def test_a_click_in_an_e_mail_is_worth_in_a_replay_what_its_label_says(streams, rescoring, client):
    store(streams, click("e"))
    streams.wait()
    assert shown(client)["c:anna", "engagement"] == 2.5
    assert replay(rescoring, streams) == (1, 0, 0, 0)
    insert(client, "tracked", click("f", event_time=NOW - 1000, traffic_reasons=["soon", "read"]))  # which the streams never saw
    assert replay(rescoring, streams) == (1, 0, 1, 1)
    assert shown(client)["c:anna", "engagement"] == pytest.approx(5, abs=1e-3)


def test_a_replay_follows_the_corrections_of_labels_as_the_streams_did(streams, rescoring, client):
    store(streams, click("a", props={"link": 1}), click("b", event_time=NOW + 60_000, props={"link": 2}, message_id="m2"))
    streams.wait()
    confirmed = click("b", event_time=NOW + 60_000, message_id="m2") | {"control": "click_confirmed", "click_id": "b", "visitor_id": ""}
    streams.absorb(dumps(confirmed))
    store(streams, click("c", event_time=NOW + 1_000, props={"link": 2}))  # which makes a burst of the first
    assert shown(client)["c:anna", "engagement"] == pytest.approx(5, abs=1e-3)
    labels = "SELECT event_id, email_label, traffic FROM events WHERE customer_id = 'anna' ORDER BY event_id"
    assert client.rows(labels) == [("a", "machine_certain", "bot"), ("b", "human", "human"), ("c", "machine_certain", "bot")]
    assert replay(rescoring, streams) == (1, 0, 0, 0)


def test_a_subject_that_knows_better_whose_a_click_was_follows_no_replay(streams, rescoring, client):
    insert(client, "tracked", click("e", traffic_reasons=["head"]))
    streams.absorb(dumps(click("e")))
    streams.wait()
    assert replay(rescoring, streams) == (1, 0, 1, 2)  # points and the stage
    assert shown(client)["c:anna", "engagement"] == 2.5


def _change(subject, event_id):
    from tests.sinks.rows import change

    return change(subject, "price_page", 0.0, event_id=event_id)


def test_another_model_is_followed_and_says_its_version(streams, rescoring, client):
    from dataclasses import replace

    from tests.streams.core.running import MODELS

    store(streams, page("a"), event("b", visitor_id="w", kind="purchase"))
    text = (MODELS / "scores.yaml").read_text().replace("version: shipped-1", "version: mine").replace("points: 40", "points: 50")
    rules = subjects.read_rules(scores=text, triggers=(MODELS / "triggers.yaml").read_text(), partitions=3)
    streams.rules = rules
    assert replay(replace(rescoring, rules=rules), streams) == (2, 0, 2, 1)
    assert client.rows("SELECT DISTINCT model_version FROM scores") == [("mine",)]
    assert shown(client)["v:w", "engagement"] == pytest.approx(50)
    assert replay(replace(rescoring, rules=rules), streams) == (2, 0, 0, 0)


def test_what_came_from_events_that_are_kept_no_more_stays(streams, rescoring, client):
    from dataclasses import replace

    store(streams, event("old", visitor_id="v", kind="purchase", event_time=NOW - DAY, received_at=NOW - DAY))
    store(
        streams, event("traits", visitor_id="v", kind="identify", traits={"company": "Acme"}, event_time=NOW - DAY, received_at=NOW - DAY)
    )
    store(streams, page("new"))
    before = shown(client)
    client.command("ALTER TABLE events_raw DELETE WHERE event_id IN ('old', 'traits') SETTINGS mutations_sync = 2")
    assert replay(replace(rescoring, kept_since=NOW - 1), streams) == (1, 0, 0, 0)
    assert shown(client) == before
    assert (kept_since(NOW, 395), kept_since(NOW, 0)) == (NOW - 394 * DAY, 0)


def history(event_id, kind="purchase", **fields):
    return event(event_id, kind=kind, historical=True, event_time=NOW - 9 * DAY, **fields)


def test_history_is_told_once_and_taken_back_when_it_is_gone(streams, rescoring, client):
    store(
        streams, history("a", visitor_id="v"), history("b", customer_id="anna"), history("x", visitor_id="bot", traffic="bot"), live=False
    )
    owners = ["v:v", "c:anna", "v:bot", "v:nobody"]
    assert tell_history(rescoring, owners, streams.tell) == 2
    base = base_of("demo", "v:v", [{**history("a", visitor_id="v"), "customer_id": ""}], RULES, now_ms=NOW + DAY)
    assert shown(client) == {("v:v", "engagement"): 40.0, ("c:anna", "engagement"): 40.0}
    assert base.parts == {"engagement": {"purchase": [40.0, NOW - 9 * DAY]}}
    assert replay(rescoring, streams) == (3, 0, 0, 0)
    client.command("ALTER TABLE events_raw DELETE WHERE event_id = 'a' SETTINGS mutations_sync = 2")
    from dataclasses import replace

    assert tell_history(replace(rescoring, now_ms=NOW + DAY + 1), owners, streams.tell) == 2
    assert shown(client)["v:v", "engagement"] == 0
    assert shown(client)["c:anna", "engagement"] == 40.0


def test_nothing_is_told_about_the_forgotten(monkeypatch, tmp_path):
    from footprint.parts import rebuild
    from footprint.settings import Settings
    from footprint.suppressing import suppress

    settings, told = Settings(data_dir=tmp_path), []
    monkeypatch.setattr(rebuild, "tell_streams", lambda connection, site, lines: told.extend(lines))
    suppress(settings, "demo", ["anna"])
    rebuild.teller_of(settings)("demo", [("anna", b"1"), ("bob", b"2")])
    rebuild.teller_of(settings)("other", [("anna", b"3")])
    assert told == [("bob", b"2"), ("anna", b"3")]
