"""What the cookbook says of a small campaign that can be counted by hand: two letters to eight people, read by people and by machines."""

from datetime import UTC, datetime, timedelta

import pytest

from sinks.clickhouse import persons
from sinks.clickhouse.cookbook import bind, find_recipe
from sinks.core.persons import CARRIERS
from tests.sinks.rows import event, insert

pytestmark = pytest.mark.store

SENT = datetime(2026, 9, 1, 9, tzinfo=UTC)
START = int(SENT.timestamp()) * 1000
NOW = SENT + timedelta(days=3)
LINK = "https://shop.example/offer?utm_source=crm&utm_campaign=autumn"
FIRST, SECOND = ("ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"), ("ann", "eve")
MACHINE = {"email_label": "machine_certain", "traffic": "bot", "traffic_reasons": ["burst", "trap"]}


def mail(message, customer, kind, number=0, **values):
    return event(
        f"{message}-{customer}-{kind}-{number}", kind=kind, customer_id=customer, message_id=message, **{"event_time": START, **values}
    )


def hit(message, customer, kind, number=0, **values):
    link = {"props": {"url": LINK, "link": 1}} if kind == "email_click" else {}
    return mail(message, customer, kind, number, **{"email_label": "unknown", **link, **values})


def verdict(message, customer, kind, **values):
    return hit(message, customer, kind, control="verdict", revision=1, **values)


@pytest.fixture
def campaign(client):
    named = {"props": {"campaign": "September"}}
    insert(
        client,
        "tracked",
        *(mail("hello", one, "email_sent", **named) for one in FIRST),
        *(mail("again", one, "email_sent") for one in SECOND),
    )
    insert(client, "tracked", *(mail("hello", one, "email_delivered") for one in FIRST[:-1]), mail("hello", "hal", "email_bounce"))
    insert(client, "tracked", *(mail("hello", "ann", "email_delivered", again) for again in range(2)))  # told twice more, by another name
    insert(
        client,
        "tracked",
        # Ann looks and reads: her click is confirmed later. Bob's image is fetched by Gmail, and he reads too.
        hit("hello", "ann", "email_open"),
        hit("hello", "ann", "email_click"),
        verdict("hello", "ann", "email_click", email_label="human", traffic_reasons=["read"]),
        hit("hello", "bob", "email_open", email_label="proxied", traffic_reasons=["gmail"]),
        hit("hello", "bob", "email_open", 1, email_label="proxied", traffic_reasons=["gmail"]),
        hit("hello", "bob", "email_click"),
        hit("hello", "bob", "email_click", 1, email_label="human", traffic_reasons=["read"]),
        # Of Cyd there is an image, of Dan only Apple's; Eve's company scans; Fay follows a link and is gone.
        hit("hello", "cyd", "email_open"),
        hit("hello", "dan", "email_open", email_label="machine_probable", traffic="suspect", traffic_reasons=["apple"]),
        hit("hello", "eve", "email_open", **MACHINE),
        hit("hello", "eve", "email_click"),
        hit("hello", "eve", "email_click", 1),
        verdict("hello", "eve", "email_click", **MACHINE),
        hit("hello", "fay", "email_click"),
        mail("hello", "gus", "preference", props={"topic": "all", "channel": "email", "opt": "out", "message_id": "hello"}),
        mail("hello", "cyd", "email_complaint"),
        hit("again", "ann", "email_click", email_label="human", traffic_reasons=["read"]),
        mail("again", "eve", "email_unsubscribe"),
        mail("hello", "ann", "email_click", 9, site="other"),
        mail("old", "ann", "email_sent", event_time=START - 40 * 86_400_000),
    )
    insert(client, "tracked", verdict("hello", "eve", "email_click", **MACHINE) | {"event_id": "hello-eve-email_click-1"})
    return client


def answer(client, name, **given):
    recipe = find_recipe(name)
    return client.rows(recipe.sql, bind(recipe, {"site": "demo", **given}, NOW))


def test_each_e_mail_counts_people_apart_from_machines(campaign):
    assert answer(campaign, "emails") == [
        # sent, delivered, bounced; opened and clicked by people, maybe, machines; unsubscribed, complained
        ("hello", "September", 8, 7, 1, 2, 2, 2, 2, 1, 1, 1, 1, round(2 / 7, 4)),
        ("again", "autumn", 2, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0.5),
    ]


def test_letters_of_one_campaign_are_added_up_and_their_readers_count_once(campaign):
    rows = answer(campaign, "email_campaigns")
    assert rows == [
        ("September", 1, 8, 7, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, round(2 / 7, 4)),
        ("autumn", 1, 2, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0.5),
    ]
    insert(campaign, "tracked", mail("again", "eve", "email_delivered", props={"campaign": "September"}))
    assert answer(campaign, "email_campaigns") == [("September", 2, 10, 8, 1, 3, 2, 2, 3, 1, 1, 2, 1, 2, round(3 / 8, 4))]


def test_labels_are_those_after_corrections_with_their_share_and_every_reason(campaign):
    assert answer(campaign, "email_labels", message="hello") == [
        ("hello", "email_click", "human", 2, 0.3333, 2, ["read"]),
        ("hello", "email_click", "machine_certain", 2, 0.3333, 1, ["burst", "trap"]),
        ("hello", "email_click", "unknown", 2, 0.3333, 2, []),
        ("hello", "email_open", "proxied", 2, 0.3333, 1, ["gmail"]),
        ("hello", "email_open", "unknown", 2, 0.3333, 2, []),
        ("hello", "email_open", "machine_certain", 1, 0.1667, 1, ["burst", "trap"]),
        ("hello", "email_open", "machine_probable", 1, 0.1667, 1, ["apple"]),
    ]
    assert {row[0] for row in answer(campaign, "email_labels")} == {"hello", "again"}


def test_people_who_were_erased_are_in_no_number(campaign):
    for customer in ("ann", "eve"):
        persons.erase(campaign, persons.find(campaign, "demo", customer), [carrier.table for carrier in CARRIERS])
    assert answer(campaign, "emails") == [("hello", "September", 6, 5, 1, 1, 2, 1, 1, 1, 0, 1, 1, 0.2)]
