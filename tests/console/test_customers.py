"""The list of customers: searched, filtered, and paged without losing or repeating anybody."""

import csv
import io
import random
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.core.accounts import User
from console.core.search import read_search
from console.core.sessions import Session, SessionCookies
from console.desk import Outside
from console.pages import customers
from console.questions import question
from console.seats import COOKIE
from schemas.codec import dumps

pytestmark = pytest.mark.store

NOW = 1_790_000_000.0
KNOWN = [
    {"customer_id": "ada", "stage": "intent", "consent": "granted", "traits": dumps({"email": "Ada@Example.com", "age": 36}).decode()},
    {"customer_id": "bob", "stage": "intent", "channels": ["email", "search"], "bands": {"fit": "A"}, "orders": 3, "value": 12.5},
    {"customer_id": "cy", "stage": "awareness", "interests": {"tea": 4.0}, "bands": {"fit": "B"}},
    {"customer_id": 'a/b"c', "consent": "denied", "traits": dumps({"email": 'a/b"c'}).decode()},
]


def keep(client, *rows, site="shop"):
    """Store rows of customers."""
    basics = {"site": site, "version": 1, "is_deleted": 0, "first_seen": NOW, "last_seen": NOW, "received_at": NOW, "events": 1}
    client.insert("customers_raw", b"\n".join(dumps(basics | row) for row in rows))


def found(client, site="shop", limit=50, **told):
    asked = {"site": site, "limit": str(limit), **read_search(told).parameters()}
    return client.dicts(question("customers_found").sql, asked)


@pytest.fixture
def shop(client):
    keep(client, *KNOWN)
    keep(client, {"customer_id": "ada"}, {"customer_id": "other"}, site="blog")
    return client


FILTERS = [
    ({}, {"ada", "bob", "cy", 'a/b"c'}),
    ({"text": "ada"}, {"ada"}),
    ({"text": "ada@example.COM"}, {"ada"}),
    ({"text": "example.com"}, set()),
    ({"text": 'a/b"c'}, {'a/b"c'}),
    ({"text": "36"}, {"ada"}),
    ({"stage": "intent"}, {"ada", "bob"}),
    ({"stage": "intent", "consent": "granted"}, {"ada"}),
    ({"consent": "none"}, {"bob", "cy"}),
    ({"band": "fit A"}, {"bob"}),
    ({"interest": "tea"}, {"cy"}),
    ({"channel": "email"}, {"bob"}),
    ({"channel": "e%"}, set()),
]


def test_a_filter_lets_through_whom_it_names_and_is_counted_alike(shop):
    for told, expected in FILTERS:
        assert {row["customer_id"] for row in found(shop, **told)} == expected, told
        counted = shop.dicts(question("customers_counted").sql, {"site": "shop", **read_search(told).parameters()})
        assert counted == [{"customers": 4, "found": len(expected)}], told


@pytest.mark.parametrize("sort", ["last_seen", "silent", "fit", "value"])
def test_pages_put_together_are_the_whole_list_in_order(client, sort):
    chance = random.Random(sort)
    rows = [
        {
            "customer_id": f"c{number}",
            "first_seen": NOW - chance.randrange(3),
            "last_seen": NOW + chance.randrange(3),
            "value": chance.choice([-1.25, 0.1, 0.2, 1e9]),
            "orders": chance.randrange(3),
            "sessions": chance.randrange(3),
            **{f"scored.{name}": [value] for name, value in (("score", "fit"), ("raw_value", chance.randrange(3)), ("ceiling", 100))},
        }
        for number in range(17)
    ]
    keep(client, *({"scored.floor": [0], "scored.half_life_s": [0], "scored.updated_at": [NOW], **row} for row in rows))
    whole = found(client, sort=sort)
    paged, search = [], read_search({"sort": sort})
    while part := found(client, limit=7, **{**search.query(), "after": repr(search.after), "after_id": search.after_id}):
        paged += part
        search = search.beyond(part[-1])
    assert [row["customer_id"] for row in paged] == [row["customer_id"] for row in whole]
    assert len({row["customer_id"] for row in whole}) == len(rows)
    assert [row["place"] for row in whole] == sorted((row["place"] for row in whole), reverse=True)


def test_choices_are_what_customers_differ_in(shop):
    rows = shop.dicts(question("customers_choices").sql, {"site": "shop"})
    assert {(row["of"], row["choice"]): row["customers"] for row in rows} == {
        ("stage", "intent"): 2,
        ("stage", "awareness"): 1,
        ("consent", "granted"): 1,
        ("consent", "denied"): 1,
        ("consent", "none"): 2,
        ("channel", "email"): 1,
        ("channel", "search"): 1,
        ("band", "fit A"): 1,
        ("band", "fit B"): 1,
        ("interest", "tea"): 1,
    }


ROW = {
    "customer_id": "ada",
    "traits": '{"name": "Ada <b>", "email": "ada@example.com"}',
    "stage": "intent",
    "bands": {"fit": "A"},
    "scores": {"fit": 61.4},
    "interests": {"tea": 4.0, "cake": 9.0},
    "orders": 2,
    "value": 30.5,
    "sessions": 4,
    "page_views": 9,
    "events": 20,
    "visitors": 1,
    "first_seen": datetime(2026, 1, 1, tzinfo=UTC),
    "last_seen": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    "first_channel": "search",
    "last_channel": "email",
    "channels": ["email", "search"],
    "consent": "granted",
    "preferences": {"all/email": "out"},
    "place": 1.0,
}


class Store:
    """Answers the questions of the page, and keeps what it was asked."""

    def __init__(self, rows, customers=3):
        self.rows, self.customers, self.asked = rows, customers, []

    async def ask(self, sql, parameters):
        self.asked.append(parameters)
        if "AS found" in sql:
            return [{"customers": self.customers, "found": 1}]
        return self.rows(parameters) if "AS place" in sql else []


def browser(store, role="analyst"):
    users = SimpleNamespace(find=lambda name: User(name, "", {"shop": role}, 1, 0))
    app = create_app(Outside(store, None, users, lambda: ["shop"], ["key"], lambda: 1_800_000_000.0))
    cookie = SessionCookies(["key"]).sign(Session("vera", 1_800_000_000_000, "token"))
    return TestClient(app, cookies={COOKIE: cookie}, follow_redirects=False)


def test_a_list_shows_who_it_is_and_links_to_what_comes_after():
    full = [ROW | {"customer_id": f"c/{number}", "place": 50.5 - number} for number in range(50)]
    text = browser(Store(lambda _: full)).get("/s/shop/customers?sort=value&stage=intent").text
    assert "Ada &lt;b&gt;" in text
    assert "/s/shop/customers/c/0?" in text
    assert "cake, tea" in text
    assert "1 of 3" in text
    following = re.search(r'href="([^"]+)" rel="next"', text)[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(following).query) == {
        "period": ["7d"],
        "stage": ["intent"],
        "sort": ["value"],
        "after": ["1.5"],
        "after_id": ["c/49"],
    }


def test_a_site_where_nobody_is_known_and_a_search_that_finds_nobody_say_what_to_do():
    assert "Nobody is known yet" in browser(Store(lambda _: [], customers=0)).get("/s/shop/customers").text
    assert "parts of them are not searched" in browser(Store(lambda _: [])).get("/s/shop/customers?text=x").text


def test_an_export_goes_on_until_everybody_is_told(monkeypatch):
    monkeypatch.setattr(customers, "AT_ONCE", 3)
    monkeypatch.setattr(customers, "MOST", 6)
    store = Store(lambda told: [ROW | {"customer_id": f"=c{told['after']}{number}", "place": float(number)} for number in range(3)])
    answer = browser(store).get("/s/shop/customers.csv?stage=intent")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="shop-customers.csv"'
    assert len(lines) == 6
    assert lines[0]["customer_id"].startswith("'=")
    listed = [asked for asked in store.asked if "after" in asked]
    assert {asked["stage"] for asked in listed} == {"intent"}
    assert [asked["after"] for asked in listed] == ["1e+300", "2.0"]


def test_a_viewer_sees_the_list_and_may_not_take_it_along():
    store = Store(lambda _: [ROW])
    assert "Export as CSV" not in browser(store, "viewer").get("/s/shop/customers").text
    store.asked.clear()
    assert browser(store, "viewer").get("/s/shop/customers.csv").status_code == 403
    assert store.asked == []
