"""What the console says of a small campaign that can be counted by hand, and of what was bought after it."""

import pytest

from console.questions import question
from sinks.clickhouse.cookbook import find_recipe
from tests.sinks.clickhouse.test_mail_cookbook import START, campaign, hit, mail
from tests.sinks.rows import event, identity, insert

__all__ = ["campaign"]

pytestmark = pytest.mark.store

MINUTE, DAY = 60_000, 86_400_000
PERIOD = {"site": "demo", "from": str(START // 1000 - 86_400), "to": str(START // 1000 + 40 * 86_400)}


def asked(client, name, **given):
    return client.dicts(question(name).sql, {**PERIOD, **given})


def test_the_console_counts_as_the_cookbook_does_and_tells_proxies_from_the_unknown(campaign):
    rows = {row["campaign"]: row for row in asked(campaign, "mail_campaigns")}
    book = {row["campaign"]: row for row in campaign.dicts(find_recipe("email_campaigns").sql, PERIOD)}
    assert rows.keys() == book.keys() == {"September", "autumn"}
    for name, row in rows.items():
        shared = row.keys() & book[name].keys()
        assert {column: row[column] for column in shared} == {column: book[name][column] for column in shared}
        for did in ("opened", "clicked"):
            assert row[f"{did}_unknown"] + row[f"{did}_proxied"] == book[name][f"{did}_maybe"]
    assert rows["September"]["opened_proxied"] == 0  # Bob's image came by a proxy, and he clicked: he has opened
    (letter,) = asked(campaign, "mail_letters", campaign="September")
    assert {name: letter[name] for name in letter.keys() & rows["September"].keys()} == {
        name: rows["September"][name] for name in letter.keys() & rows["September"].keys()
    }


def test_reasons_are_told_for_the_e_mails_of_one_campaign_alone(campaign):
    rows = asked(campaign, "mail_reasons", campaign="September")
    assert {(row["kind"], row["label"], row["reasons"]): row["hits"] for row in rows} == {
        ("email_click", "human", "read"): 2,
        ("email_click", "machine_certain", "burst, trap"): 2,
        ("email_click", "unknown", ""): 2,
        ("email_open", "unknown", ""): 2,
        ("email_open", "proxied", "gmail"): 2,
        ("email_open", "machine_certain", "burst, trap"): 1,
        ("email_open", "machine_probable", "apple"): 1,
    }
    assert asked(campaign, "mail_reasons", campaign="nothing") == []


def order(number, visitor, at, **values):
    bought = {"kind": "purchase", "value": 10.0, "currency": "EUR"}
    return event(f"o{number}", visitor_id=visitor, event_time=START + at, **(bought | values))


def test_an_order_counts_after_the_click_of_who_is_no_machine_and_within_a_week(campaign):
    insert(campaign, "identities", *(identity(f"v-{name}", name) for name in ("ann", "bob", "eve", "gus")))
    insert(
        campaign,
        "tracked",
        order(1, "v-ann", -MINUTE),  # before the click
        order(2, "v-ann", MINUTE),
        order(3, "v-ann", 6 * DAY, kind="refund", value=4.0),
        order(4, "v-ann", 8 * DAY),  # too late
        order(5, "v-bob", MINUTE, traffic="bot"),
        order(6, "v-eve", MINUTE),  # a machine clicked
        order(7, "v-gus", MINUTE),  # who never clicked
        order(8, "v-fay", MINUTE),  # nobody known
        mail("bare", "gus", "email_sent"),
        hit("bare", "gus", "email_click", event_time=START, props={"url": "https://shop.example/"}),
    )
    assert asked(campaign, "mail_orders", days="7") == [
        {"campaign": "(none)", "buyers": 1, "orders": 1, "value": 10.0},
        {"campaign": "September", "buyers": 1, "orders": 1, "value": 6.0},
        {"campaign": "autumn", "buyers": 1, "orders": 1, "value": 6.0},
    ]
    assert {row["campaign"] for row in asked(campaign, "mail_campaigns")} == {"September", "autumn", "(none)"}
