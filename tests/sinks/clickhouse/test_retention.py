"""What is kept how long."""

import time

import pytest

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from sinks.clickhouse.retention import Retention, keep
from tests.sinks.rows import audited, event, insert, rejected, score, session

pytestmark = pytest.mark.store

DAY = 86_400_000
CONTACT = ["events_raw.ip", "events_raw.user_agent"]
AUDIT = ["audit_raw", "deliveries_raw"]
EVENTS = ["events_raw", "events_by_time_raw", "notable_events_raw", "customers_raw", "event_overrides"]


@pytest.fixture
def own(database):
    migrate(database)
    client = StoreClient(database)
    yield client
    client.close()


def test_each_class_is_kept_for_its_days_counted_from_the_receipt(own):
    now = int(time.time() * 1000)
    facts = {"visitor_id": "v", "ip": "192.0.2.0", "user_agent": "Mozilla"}
    insert(own, "tracked", event("gone", received_at=now - 396 * DAY, **facts), event("bare", received_at=now - 91 * DAY, **facts))
    insert(own, "tracked", event("history", event_time=now - 4000 * DAY, received_at=now, **facts))
    judged = {"control": "verdict", "kind": "email_open", "customer_id": "C", "email_label": "proxied", "revision": 1}
    insert(own, "tracked", event("gone", received_at=now - 396 * DAY, **judged), event("bare", received_at=now - 91 * DAY, **judged))
    insert(own, "sessions", session("s", joined=["history"]))
    insert(own, "audit", audited("gone", at=now - 396 * DAY), audited("kept", at=now - 394 * DAY))
    insert(own, "rejected", rejected(received_at=now - 91 * DAY), rejected(received_at=now))
    insert(own, "scores", score("c:C", 1.0, updated_at=now - 4000 * DAY))
    assert keep(own, Retention()) == [*EVENTS, "rejected_raw", *AUDIT, *CONTACT]
    assert keep(own, Retention()) == []
    for table in ("events_raw", "events_by_time_raw", "event_overrides", "rejected_raw", "scores_raw", "audit_raw"):
        own.command(f"OPTIMIZE TABLE {table} FINAL")
    assert dict(own.rows("SELECT event_id, ip || user_agent FROM events_raw")) == {"bare": "", "history": "192.0.2.0Mozilla"}
    assert own.rows("SELECT count() FROM events_by_time") == [(2,)]
    assert own.rows("SELECT event_id FROM event_overrides ORDER BY event_id") == [("bare",), ("history",)]
    assert own.rows("SELECT count() FROM rejected_raw") == [(1,)]
    assert own.rows("SELECT count() FROM scores_raw") == [(1,)]
    assert own.rows("SELECT entry_id FROM audit") == [("kept",)]


def test_days_can_be_changed_and_taken_away(own):
    keep(own, Retention())
    assert keep(own, Retention(events=30)) == EVENTS
    assert keep(own, Retention(events=0, contact=0, rejected=0, audit=0)) == [*EVENTS, "rejected_raw", *AUDIT, *CONTACT]
    assert keep(own, Retention(events=0, contact=0, rejected=0, audit=0)) == []
    assert (
        "TTL"
        not in own.rows("SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'events_raw'")[0][0]
    )
