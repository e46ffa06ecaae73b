"""What is asked about one website does not change by anything that another one stores, even under the same names."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from console.clickhouse import ClickHouseStore
from console.core.periods import read_period
from console.core.sessions import Session
from console.questions import questions
from console.visit import Visit
from schemas.errors import Retryable
from sinks.clickhouse.customers import count
from tests.sinks.rows import audited, change, delivery, event, identity, insert, rejected, score, session, signal, step

pytestmark = pytest.mark.store

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
AT = int(NOW.timestamp() * 1000) - 3_600_000
GIVEN = {
    "customer": "anna",
    "step1": "/",
    "step2": "/pricing%",
    "step3": "purchase",
    "message": "%",
    "reason": "no_id",
    "tasks": "mine0",
    "signal": "mine0",
    "campaign": "spring",
    "step": "late",
}
OWN = {"stuck": {"days": "0"}}


def fill(client, site, times):
    """Everything a question reads, `times` over, with the same ids of visitors, customers and sessions at every site."""
    rows = [
        event(
            f"e{at}", site=site, visitor_id="va", session_id="s1", url_path=path, kind=kind, event_time=AT + at, received_at=AT + at, **more
        )
        for at, (kind, path, more) in enumerate(
            [
                ("page_view", "/", {"pageview_id": "p1"}),
                ("engagement", "/", {"pageview_id": "p1", "engaged_ms": 1000}),
                ("page_view", "/pricing", {"props": {"category": "plans"}}),
                ("purchase", "/", {"value": 10.0, "currency": "EUR", "props": {"payment_method": "card"}}),
                ("form_submit", "/contact", {"props": {"form": "contact"}}),
            ]
            * times
        )
    ]
    mail = [
        event(
            f"m{at}",
            site=site,
            customer_id="anna",
            kind=kind,
            message_id=f"letter{at}",
            event_time=AT + at,
            received_at=AT + at,
            props={"campaign": "spring"},
        )
        for at in range(times)
        for kind in ("email_sent", "email_open", "email_click")
    ]
    insert(client, "identities", identity("va", "anna", site=site))
    insert(client, "tracked", *rows, *mail)
    for at in range(times):
        insert(
            client,
            "sessions",
            session(
                f"s{at + 1}", site=site, visitor_id="va", started_at=AT + at, ended_at=AT + at, channel=f"{site}{at}", utm_campaign=site
            ),
        )
        insert(client, "score_changes", change("c:anna", f"r{at}", 5.0, site=site, event_time=AT, event_id=f"e{at}"))
        insert(
            client,
            "score_changes",
            change("c:anna", f"{site}{at}", 1.0, site=site, score="lifecycle", event_time=AT, band_after=f"{site}{at}"),
        )
        insert(client, "signals", signal(f"{site}{at}", site=site, subject="c:anna", fired_at=AT))
    insert(client, "scores", score("c:anna", 5.0 * times, site=site, stage="consideration", half_life_s=0.0))
    steps = [step(f"{site}{at}", site=site, customer_id="anna", signal_id=f"{site}{at}", at=AT + at, due_at=AT + at) for at in range(times)]
    insert(
        client, "tasks", *steps, *(step(f"{site}{at}", site=site, customer_id="anna", kind="done", at=AT + at) for at in range(1, times))
    )
    insert(client, "tasks", step(f"{site}0", site=site, customer_id="anna", kind="escalated", step_id="late", title=site, at=AT, due_at=AT))
    insert(client, "audit", *(audited(f"{site}{at}", site=site, customer_id="anna", at=AT) for at in range(times)))
    insert(client, "deliveries", *(delivery(f"{site}{at}", site=site, at=AT) for at in range(times)))
    count(client, site, ["anna"])
    insert(client, "rejected", *(rejected(site=site, received_at=AT, reason="no_id", original=f'"{site}"') for _ in range(times)))
    broken = {
        "reason": "plan_violation",
        "message": "`properties.plan` breaks the tracking plan: plan is missing. Correct the event or the plan.",
    }
    insert(client, "rejected", *(rejected(site=site, received_at=AT, original=f'{{"event": "{site}"}}', **broken) for _ in range(times)))


def visit_over(store, site):
    desk = SimpleNamespace(outside=SimpleNamespace(store=store))
    return Visit(None, desk, Session("ada", 0, ""), None, site, read_period({}, NOW))


def test_no_question_about_a_site_reads_another_one(client, migrated, analyst):
    reading = replace(analyst, database=migrated.database)  # as the console asks: this user changes nothing, not even a setting

    async def answers():
        visit = visit_over(ClickHouseStore(reading), "mine")
        return {name: sorted(map(repr, await visit.ask(name, **(GIVEN | OWN.get(name, {}))))) for name in questions()}

    fill(client, "mine", 1)
    alone = asyncio.run(answers())
    assert [name for name, rows in alone.items() if not rows] == []
    fill(client, "theirs", 3)
    beside = asyncio.run(answers())
    ages = ("freshness", "customer_why", "lifecycle", "stuck")  # these tell how long ago something was
    assert {name: rows for name, rows in beside.items() if name not in ages} == {
        name: rows for name, rows in alone.items() if name not in ages
    }
    assert "theirs" not in repr(beside)
    assert {name: len(beside[name]) for name in ages} == {name: len(alone[name]) for name in ages}


def test_every_question_says_how_to_read_its_answer_and_names_its_site():
    for name, asked in questions().items():
        assert "Read: " in asked.reading or name in asked.reading, name
        assert "{site:String}" in asked.sql, name


def test_a_site_of_the_request_does_not_stand_against_the_one_of_the_page():
    asked = visit_over(None, "mine").parameters("freshness", {"site": "theirs"})
    assert asked == {"site": "mine"}
    assert visit_over(None, "mine").period.end - NOW == timedelta(0)


def test_a_question_that_the_store_refuses_is_told_and_the_next_one_is_answered(migrated):
    async def ask():
        store = ClickHouseStore(migrated)
        with pytest.raises(Retryable, match="refused the question"):
            await store.ask("SELECT nothing_of_that_name", {})
        return await asyncio.gather(*(store.ask("SELECT {at:UInt8} AS at", {"at": str(at)}) for at in range(12)))

    assert [rows[0]["at"] for rows in asyncio.run(ask())] == list(range(12))
