"""The narrow copy of e-mails, orders and other rare kinds says what `events` says, whatever came later and in whatever order."""

import random

import pytest

from tests.sinks.clickhouse.test_timeline import ODD, REBUILT, VISITORS, sessions_of, told
from tests.sinks.rows import NOW, event, identity, insert

pytestmark = pytest.mark.store

KINDS = ["page_view", "purchase", "form_submit", "custom", "preference"]
LEFT_OUT = "'page_view', 'click', 'engagement', 'custom'"
OF_EVENTS = f"""
SELECT
    site, event_time, kind,
    if(customer_id != '', cityHash64(site, customer_id), if(visitor_id = '', 0, cityHash64(site, visitor_id))) AS person,
    if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session,
    message_id, email_label, traffic, traffic_reasons, value, currency
FROM events WHERE kind NOT IN ({LEFT_OUT}) ORDER BY ALL
"""
OF_COPY = (
    "SELECT site, event_time, kind, person, session, message_id, email_label, traffic, traffic_reasons, value, currency "
    "FROM notable_events ORDER BY ALL"
)


def some(site, chance, ids):
    """The events of a timeline's test, of kinds that stand in the copy and of others."""
    kinds = {name: chance.choice(KINDS) for name in ids}
    for row in told(site, chance, ids):
        yield row | {"kind": kinds[row["event_id"]], "value": 3.0} if row["kind"] == "page_view" else row


@pytest.mark.parametrize("seed", [7])
def test_it_says_what_the_events_say(client, seed):
    site, chance = f"n{seed}", random.Random(seed)
    ids = [f"e{number}" for number in range(60)]
    rows = list(some(site, chance, ids))
    copies = [row | {"received_at": NOW + 5, "value": 9.0} for row in chance.sample(rows, 10)]
    insert(client, "sessions", *sessions_of(site, chance, ids))
    insert(client, "tracked", *copies[:5])
    insert(client, "tracked", *rows)
    insert(client, "tracked", *copies[5:])
    insert(client, "identities", *(identity(visitor, "C", site=site) for visitor in chance.sample(VISITORS, 2)))
    client.command(REBUILT, {"site": site, "events": tuple(chance.sample(ids, 6)), "session": chance.choice(["a", "b", ""])})
    assert client.rows(OF_COPY) == client.rows(OF_EVENTS)
    assert len(client.rows(OF_COPY)) > 20


def test_it_keeps_what_an_e_mail_says_of_its_campaign(client):
    link = "https://shop.example/offer?utm_source=crm&utm_campaign=autumn"
    insert(
        client,
        "tracked",
        event("e1", kind="email_sent", customer_id="C", message_id="m", props={"campaign": "September"}),
        event("e2", kind="email_click", customer_id="C", message_id="m", event_time=NOW + 1, props={"url": link}),
        event("e3", kind="preference", customer_id="C", message_id="m", event_time=NOW + 2, props={"opt": "out"}),
    )
    assert client.rows("SELECT campaign, link_campaign, opt FROM notable_events ORDER BY event_time") == [
        ("September", "", ""),
        ("", "autumn", ""),
        ("", "", "out"),
    ]


def test_no_property_of_a_caller_keeps_it_from_being_stored(client):
    sent = [event(f"e{n}", kind="email_click", props=dict.fromkeys(("campaign", "url", "opt"), value)) for n, value in enumerate(ODD)]
    insert(client, "tracked", *sent)
    assert client.rows("SELECT count() FROM notable_events") == [(len(sent),)]
