"""How long the store keeps what, counted from the receipt: history that is imported today is not old today."""

from dataclasses import dataclass

from sinks.clickhouse.client import StoreClient

TABLES = {"events_raw": "", "events_by_time_raw": "", "notable_events_raw": "", "customers_raw": "", "event_overrides": "email_label != ''"}
"""Tables of events, and which rows of them go: what an event became of sessions stays with the sessions."""
AUDITED = ("audit_raw", "deliveries_raw")
DEFINITION = "SELECT create_table_query FROM system.tables WHERE database = {home:String} AND name = {table:String}"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days by class; 0: for ever. `contact`: addresses and user agents of events, `audit`: the audit log and the calls to webhooks.

    Sessions, scores and tasks are always kept.
    """

    events: int = 395
    contact: int = 90
    rejected: int = 90
    audit: int = 395


def keep(client: StoreClient, retention: Retention) -> list[str]:
    """Give the tables these times to live; returns what was changed. Rows that are too old already go in the background."""
    changed = [table for name, which in TABLES.items() for table in _rows(client, name, retention.events, which=which)]
    changed += _rows(client, "rejected_raw", retention.rejected)
    changed += [table for name in AUDITED for table in _rows(client, name, retention.audit, since="at")]
    for column in ("ip", "user_agent"):
        changed += _column(client, column, retention.contact)
    return changed


def _rows(client: StoreClient, table: str, days: int, *, which: str = "", since: str = "received_at") -> list[str]:
    defined = client.rows(DEFINITION, {"table": table, "home": client.home})[0][0]
    after_key = defined.partition("ORDER BY")[2]
    if days and f"TTL {_expiry(days, since)}" not in after_key:
        client.command(f"ALTER TABLE {table} MODIFY TTL {_expiry(days, since)}{f' DELETE WHERE {which}' if which else ''}")
        return [table]
    if not days and " TTL " in after_key:
        client.command(f"ALTER TABLE {table} REMOVE TTL")
        return [table]
    return []


def _column(client: StoreClient, column: str, days: int) -> list[str]:
    defined = client.rows(DEFINITION, {"table": "events_raw", "home": client.home})[0][0]
    if days and f"`{column}` String TTL {_expiry(days)}" not in defined:
        client.command(f"ALTER TABLE events_raw MODIFY COLUMN {column} String TTL {_expiry(days)}")
        return [f"events_raw.{column}"]
    if not days and f"`{column}` String TTL " in defined:
        client.command(f"ALTER TABLE events_raw MODIFY COLUMN {column} REMOVE TTL")
        return [f"events_raw.{column}"]
    return []


def _expiry(days: int, since: str = "received_at") -> str:
    return f"toDateTime({since}) + toIntervalDay({days})"
