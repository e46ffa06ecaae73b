"""Labels of e-mail hits and their corrections in every view, and customers who are known by e-mails alone."""

import pytest

from sinks.clickhouse import persons
from sinks.core.persons import CARRIERS
from tests.sinks.counting import counted
from tests.sinks.rows import NOW, event, insert

pytestmark = pytest.mark.store

MACHINE = {"email_label": "machine_certain", "traffic": "bot"}


def hit(event_id, **values):
    return event(event_id, **{"kind": "email_click", "customer_id": "C", "message_id": "spring", "email_label": "unknown", **values})


def verdict(event_id, revision, **values):
    return hit(event_id, **{"control": "verdict", "revision": revision, **values})


def labels(client, source="events"):
    return {row[0]: row[1:] for row in client.rows(f"SELECT event_id, email_label, traffic, traffic_reasons FROM {source}")}


def test_a_hit_shows_its_own_label_until_a_correction_comes(client):
    insert(client, "tracked", hit("e1"), hit("e2", **MACHINE, traffic_reasons=["head"]), event("e3", visitor_id="v"))
    assert labels(client) == {"e1": ("unknown", "human", []), "e2": ("machine_certain", "bot", ["head"]), "e3": ("", "human", [])}
    insert(client, "tracked", verdict("e1", 1, **MACHINE, traffic_reasons=["burst"]))
    assert labels(client)["e1"] == ("machine_certain", "bot", ["burst"])
    assert labels(client, "resolved_events") == labels(client, "sessioned_events") == labels(client)


def test_the_highest_revision_of_a_correction_stands_whatever_came_last(client):
    insert(client, "tracked", verdict("e1", 2, email_label="human", traffic_reasons=["burst", "read"]))
    insert(client, "tracked", hit("e1"), verdict("e1", 1, **MACHINE, traffic_reasons=["burst"]))
    assert labels(client) == {"e1": ("human", "human", ["burst", "read"])}
    assert set(labels(client, "events_human")) == {"e1"}


def test_a_correction_of_a_hit_with_a_visitor_reaches_that_hit_alone(client):
    insert(client, "tracked", hit("e1", visitor_id="v"), hit("e1", visitor_id="w"), hit("e1"), hit("e1", site="other"))
    insert(client, "tracked", verdict("e1", 1, visitor_id="v", **MACHINE))
    found = client.rows("SELECT site, visitor_id, email_label FROM events ORDER BY ALL")
    assert found == [("demo", "", "unknown"), ("demo", "v", "machine_certain"), ("demo", "w", "unknown"), ("other", "", "unknown")]


def test_events_by_time_know_corrections(client):
    insert(client, "tracked", hit("e1"), hit("e2"), verdict("e1", 1, **MACHINE))
    assert client.rows("SELECT traffic FROM events_by_time ORDER BY ALL") == [("bot",), ("human",)]
    assert client.rows("SELECT DISTINCT session FROM events_by_time") == [(0,)]


def test_a_timeline_says_what_a_machine_did(client):
    insert(
        client,
        "tracked",
        hit("e1", event_time=NOW + 1, kind="email_sent", email_label=""),
        hit("e2", event_time=NOW + 2, kind="email_open", email_label="proxied", traffic_reasons=["gmail"]),
        hit("e3", event_time=NOW + 3),
        hit("e4", event_time=NOW + 4),
        hit("e5", event_time=NOW + 5),
        verdict("e3", 1, **MACHINE),
        verdict("e5", 1, email_label="human", traffic_reasons=["read"]),
    )
    counted(client)
    assert client.rows("SELECT sentence, email_label, traffic FROM timeline(site='demo', customer='C')") == [
        ('was sent the e-mail "spring"', "", "human"),
        ('opened the e-mail "spring", by a mail proxy', "proxied", "human"),
        ('clicked in the e-mail "spring", by a machine', "machine_certain", "bot"),
        ('clicked in the e-mail "spring"', "unknown", "human"),
        ('clicked in the e-mail "spring"', "human", "human"),
    ]


def test_a_customer_without_a_visitor_is_shown_with_channels_preferences_and_timeline(client):
    insert(
        client,
        "tracked",
        hit("e1", event_time=NOW + 1, kind="email_delivered", email_label="", channel="email"),
        hit("e2", event_time=NOW + 2, kind="email_open", channel="email"),
        event("e3", event_time=NOW + 3, kind="preference", customer_id="C", props={"topic": "news", "channel": "email", "opt": "in"}),
    )
    counted(client)
    (row,) = client.dicts("SELECT * FROM customers")
    assert (row["customer_id"], row["visitors"], row["events"], row["channels"]) == ("C", 0, 3, ["email"])
    assert (row["preferences"], row["consent"]) == ({"news/email": "in"}, "")
    assert client.dicts("SELECT * FROM customer(site='demo', customer='C')") == [row]
    assert len(client.rows("SELECT sentence FROM timeline(site='demo', customer='C')")) == 3


BOTH = ("customers", "customer(site='demo', customer='C')")


def choice(event_id, at, opt, **props):
    return event(event_id, kind="preference", customer_id="C", event_time=NOW + at, props={"opt": opt, **props})


def preferences(client):
    counted(client)
    found = [client.rows(f"SELECT preferences FROM {source}") for source in BOTH]
    assert found[0] == found[1]
    return found[0][0][0]


@pytest.mark.parametrize(
    "said", [{"kind": "email_unsubscribe"}, {"kind": "email_complaint"}, {"kind": "email_bounce", "props": {"bounce": "hard"}}]
)
def test_who_unsubscribes_at_the_provider_or_complains_or_is_gone_wants_no_more_of_any(client, said):
    insert(client, "tracked", choice("e1", 0, "in", topic="all", channel="email"), choice("e2", 0, "in", topic="news", channel="email"))
    insert(client, "tracked", event("e3", customer_id="C", event_time=NOW + 1, **said))
    assert preferences(client) == {"all/email": "out"}
    insert(client, "tracked", choice("e4", 2, "in", topic="all", channel="email"))
    assert preferences(client) == {"all/email": "in"}


def test_a_choice_about_all_of_a_channel_ends_the_earlier_ones_about_its_topics(client):
    insert(
        client, "tracked", choice("e5", 4, "in", topic="offers"), choice("e4", 3, "out", topic=" all "), choice("e1", 0, "in", topic="news")
    )
    insert(client, "tracked", choice("e2", 1, "in", topic="news", channel="sms"), choice("e3", 2, "out", topic="news", channel="sms"))
    assert preferences(client) == {"all/email": "out", "offers/email": "in", "news/sms": "out"}


def test_choices_of_one_moment_stand_in_the_one_order(client):
    insert(
        client, "tracked", choice("e2", 0, "out", topic="news"), choice("e1", 0, "in", topic="news"), choice("e3", 0, "maybe", topic="news")
    )
    assert preferences(client) == {"news/email": "out"}


def test_a_soft_bounce_and_a_choice_without_sense_change_nothing(client):
    insert(
        client, "tracked", event("e1", kind="email_bounce", customer_id="C", props={"bounce": "soft"}), choice("e2", 1, "", topic="news")
    )
    insert(client, "tracked", choice("e3", 1, "in", topic=7))
    assert preferences(client) == {"all/email": "in"}


def test_corrections_are_exported_and_erased_with_the_customer(client):
    insert(
        client, "tracked", hit("e1"), verdict("e1", 1, **MACHINE), hit("e2", customer_id="D"), verdict("e2", 1, customer_id="D", **MACHINE)
    )
    person = persons.find(client, "demo", "C")
    assert [(row["event_id"], row["email_label"]) for row in persons.held(client, person)["event_overrides"]] == [("e1", "machine_certain")]
    persons.erase(client, person, [carrier.table for carrier in CARRIERS])
    assert client.rows("SELECT event_id FROM event_overrides") == [("e2",)]
    assert labels(client) == {"e2": ("machine_certain", "bot", [])}
