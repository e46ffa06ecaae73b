"""Every recipe of the cookbook on a small week that can be counted by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import Misconfigured
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.cookbook import bind, find_recipe, read_recipe, recipes
from tests.sinks.rows import event, identity, insert, rejected, score, session

pytestmark = pytest.mark.store

MONDAY = datetime(2026, 8, 31, 9, tzinfo=UTC)
NOW = MONDAY + timedelta(days=20)
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = int(MONDAY.timestamp()) * 1000


def at(ms, event_id, visitor_id="", **values):
    return event(event_id, visitor_id=visitor_id, event_time=START + ms, **{"received_at": START + ms + 500, **values})


def view(ms, event_id, visitor_id, path, session_id, **values):
    return at(ms, event_id, visitor_id, url_path=path, session_id=session_id, pageview_id=f"p-{event_id}", **values)


def stay(ms, event_id, visitor_id, of, **values):
    return at(ms, event_id, visitor_id, kind="engagement", pageview_id=f"p-{of}", **values)


ANNA = [
    view(0, "a1", "va", "/", "sa1"),
    stay(20_000, "a2", "va", "a1", engaged_ms=15_000, scroll_pct=50, url_path="/"),
    view(MINUTE, "a3", "va", "/pricing", "sa1", props={"category": "plans"}),
    stay(2 * MINUTE, "a4", "va", "a3", engaged_ms=30_000, scroll_pct=90, url_path="/pricing"),
    stay(3 * MINUTE, "a5", "va", "a3", engaged_ms=10_000, scroll_pct=95, url_path="/pricing"),
    at(
        10 * MINUTE,
        "a6",
        "va",
        kind="purchase",
        value=100.0,
        currency="EUR",
        session_id="sa1",
        url_path="/pricing",
        props={"payment_method": "card"},
    ),
    view(7 * DAY, "a7", "va", "/", "sa2"),
    at(7 * DAY + MINUTE, "a8", "va", kind="refund", value=30.0, currency="EUR", session_id="sa2", props={"payment_method": "card"}),
]
BOB = [
    view(HOUR, "b1", "vb", "/", "sb1"),
    view(HOUR + MINUTE, "b2", "vb", "/", "sb1"),
    view(HOUR + 2 * MINUTE, "b3", "vb", "/pricing", "sb1", props={"category": "plans"}),
    at(HOUR + 3 * MINUTE, "b4", "vb", kind="form_submit", session_id="sb1", url_path="/contact", props={"form": "contact"}),
    at(3 * HOUR + 3 * MINUTE, "b5", kind="email_sent", customer_id="bob", message_id="answer"),
    at(4 * HOUR, "b6", kind="email_open", customer_id="bob", message_id="answer"),
    at(4 * HOUR, "b7", kind="email_click", customer_id="bob", message_id="answer"),
]
OTHERS = [
    view(8 * DAY, "c1", "vc", "/", "sc1"),
    at(8 * DAY + MINUTE, "c2", "vc", kind="form_submit", session_id="sc1", url_path="/contact", props={"form": "contact"}),
    view(0, "d1", "vd", "/pricing", "sd1", traffic="bot", traffic_reasons=["crawler list"]),
    view(0, "z1", "va", "/", "other", site="other"),
    view(-40 * DAY, "y1", "vy", "/", "sy1", received_at=START - 40 * DAY + 2 * HOUR),
]
SESSIONS = [
    ("sa1", "va", 0, {"channel": "search", "engaged": True, "value": 100.0, "entry_path": "/", "exit_path": "/pricing"}),
    (
        "sa2",
        "va",
        7 * DAY,
        {"channel": "email", "value": -30.0, "exit_path": "/", "utm_campaign": "back", "utm_source": "crm", "utm_medium": "email"},
    ),
    ("sb1", "vb", HOUR, {"channel": "search", "engaged": True, "exit_path": "/pricing", "utm_campaign": "autumn", "utm_source": "ads"}),
    ("sc1", "vc", 8 * DAY, {"exit_path": "/"}),
    ("sd1", "vd", 0, {"channel": "search", "exit_path": "/pricing", "traffic": "bot"}),
]
EXPECTED = {
    "attribution": [("search", 1, 100.0, 1, 100.0)],
    "bots": [("human", "", 17, 0.9444, 3), ("bot", "crawler list", 1, 0.0556, 1)],
    "campaigns": [("autumn", "ads", "", 1, 1, 1.0, 0, 0.0), ("back", "crm", "email", 1, 1, 0.0, 0, -30.0)],
    "channels": [("search", 2, 0.5, 2, 1.0, 100.0), ("email", 1, 0.25, 1, 0.0, -30.0), ("unknown", 1, 0.25, 1, 0.0, 0.0)],
    "drop_off": [("/pricing", 2, 2, 1.0), ("/", 4, 2, 0.5)],
    "email_campaigns": [("", 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0.0)],
    "email_labels": [("answer", "email_click", "unknown", 1, 1.0, 1, []), ("answer", "email_open", "unknown", 1, 1.0, 1, [])],
    "emails": [("answer", "", 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0.0)],
    "form_answers": [("contact", 2, 1, 1, 2.0, 2.0)],
    "funnel": [(1, "/", 3, 1.0, 1.0), (2, "/pricing%", 2, 0.6667, 0.6667), (3, "purchase", 1, 0.3333, 0.5)],
    "interests": [("plans", 2, 2, 1, 0.5)],
    "payments": [("card", "EUR", 1, 100.0, 30.0, 70.0, 100.0)],
    "paths": [("/", 2, 0.5), ("/ > /pricing", 2, 0.5)],
    "rejected": [("collector", "no_id", 2, MONDAY, "m")],
    "retention": [
        (MONDAY.date(), 0, 2, 1.0),
        (MONDAY.date(), 1, 1, 0.5),
        (MONDAY.date() + timedelta(days=7), 0, 1, 1.0),
    ],
    "stuck": [("consideration", "/pricing", 1, 19.0, ["bob"])],
    "time_on_page": [("/", 1, 15.0, 15.0, 50), ("/pricing", 1, 40.0, 40.0, 95)],
    "top_pages": [("", "/", 5, 4, 3.0), ("", "/pricing", 2, 2, 20.0)],
}


@pytest.fixture
def week(client):
    insert(client, "identities", identity("va", "anna"), identity("vb", "bob"))
    insert(client, "tracked", *ANNA, *BOB, *OTHERS)
    counts = {"events": 1, "page_views": 1}
    rows = [session(one, visitor_id=of, started_at=START + ms, ended_at=START + ms, **counts, **rest) for one, of, ms, rest in SESSIONS]
    insert(client, "sessions", *rows)
    insert(
        client,
        "scores",
        score("c:anna", 9.0, stage="purchase"),
        score("c:bob", 5.0, stage="consideration"),
        score("v:vc", 1.0, stage="awareness"),
    )
    insert(client, "rejected", rejected(received_at=START), rejected(received_at=START - 1000), rejected(received_at=START, site="other"))
    return client


def answer(client, name, **given):
    recipe = find_recipe(name)
    return client.rows(recipe.sql, bind(recipe, {"site": "demo", **given}, NOW))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recipe_answers_its_question(week, name):
    rows = [tuple(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row) for row in answer(week, name)]
    assert rows == EXPECTED[name]


def test_every_recipe_is_tested_here():
    assert {recipe.name for recipe in recipes()} == {*EXPECTED, "lag", "lifecycle"}


def test_the_lag_is_told_by_day_of_receipt(week):
    (row, *more) = answer(week, "lag")
    assert row[:6] == (MONDAY.date(), 14, 0.5, 0.5, 0, 0)
    assert len(more) == 2


def test_the_lifecycle_shows_who_stands_where_and_who_went_on(week):
    rows = answer(week, "lifecycle")
    assert [row[:4] for row in rows] == [
        ("awareness", 1, 3, 0.6667),
        ("consideration", 1, 2, 0.5),
        ("intent", 0, 1, 1.0),
        ("purchase", 1, 1, 0.0),
        ("loyalty", 0, 0, 0.0),
        ("advocacy", 0, 0, 0.0),
    ]


def test_a_step_of_a_funnel_may_be_a_path_a_kind_or_a_name_and_must_come_within_the_window(week):
    steps = {"step1": "/pricing%", "step2": "purchase", "step3": "refund"}
    assert [row[2] for row in answer(week, "funnel", **steps, within="604860")] == [2, 1, 1]
    assert [row[2] for row in answer(week, "funnel", **steps, within="60")] == [2, 0, 0]
    assert [row[2] for row in answer(week, "funnel", **{**steps, "from": "2026-09-05", "to": "2026-09-20"})] == [0, 0, 0]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_says_what_it_answers_and_how_to_read_it(recipe):
    assert recipe.question.endswith("?")
    assert recipe.reading.startswith("Read: ")
    assert {parameter.name for parameter in recipe.parameters} >= {"site"}
    assert all(parameter.meaning for parameter in recipe.parameters)


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_every_recipe_may_be_run_by_the_analyst(week, analyst, recipe):
    client = StoreClient(replace(analyst, database=week.rows("SELECT currentDatabase()")[0][0]))
    client.rows(recipe.sql, bind(recipe, {"site": "nobody's"}, NOW))
    client.close()


def test_parameters_have_defaults_and_times_are_utc():
    recipe = find_recipe("retention")
    bound = bind(recipe, {"site": "demo"}, NOW)
    assert bound == {"site": "demo", "from": str(int((NOW - timedelta(days=56)).timestamp())), "to": str(int(NOW.timestamp()))}
    bound = bind(recipe, {"site": "demo", "to": "2026-09-01", "from": "2026-08-01T02:00:00+02:00"}, NOW)
    assert (bound["to"], bound["from"]) == (str(1_788_220_800), str(1_785_542_400))


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "needs --site"), ({"site": "demo", "stepp": "/"}, "--step1"), ({"site": "demo", "from": "yesterday"}, "2026-09-01")],
)
def test_wrong_parameters_are_told_with_what_is_right(given, told):
    with pytest.raises(Misconfigured, match=told):
        bind(find_recipe("funnel"), given, NOW)


def test_an_unknown_recipe_is_told_with_where_to_find_the_others():
    with pytest.raises(Misconfigured, match="footprint sql @"):
        find_recipe("funel")


def test_a_file_is_read_with_its_own_parameters_and_those_it_uses():
    recipe = read_recipe("x", "-- Why?\n-- Read: so.\n-- {least} = 1: few\nSELECT {site:String}, {least:UInt8};\n")
    assert (recipe.question, recipe.reading, recipe.sql) == ("Why?", "Read: so.", "SELECT {site:String}, {least:UInt8}")
    assert [(one.name, one.default) for one in recipe.parameters] == [("site", ""), ("least", "1")]
