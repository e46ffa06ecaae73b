"""Bring the store's schema up to date, and tell where it stands."""

from collections.abc import Sequence

from footprint.parts.connections import resolve_store
from footprint.settings import Settings
from schemas.connections import StoreConnection
from schemas.errors import Misconfigured
from sinks.clickhouse import migrations
from sinks.clickhouse.client import Refused, StoreClient
from sinks.clickhouse.retention import Retention, keep


def migrate(settings: Settings, *, to: int | None = None) -> Sequence[int]:
    """Apply what is pending to the store of these settings, at most up to version `to`; returns the applied versions.

    A schema that is brought up to the newest version also gets the times to live of the settings. Raises Misconfigured when the store's schema is newer than this program, Retryable when the store is away.
    """
    store = resolve_store(settings, user="pipeline")
    applied = migrations.migrate(store, to=to)
    if to is None:
        _keep(store, settings)
    return applied


def _keep(store: StoreConnection, settings: Settings) -> None:
    days = Retention(
        settings.retention_events_days, settings.retention_contact_days, settings.retention_rejected_days, settings.retention_audit_days
    )
    client = StoreClient(store)
    try:
        keep(client, days)
    except Refused as error:
        raise Misconfigured(
            f"The store refused the times to live: {error}. Give its user the right to ALTER, then migrate again."
        ) from error
    finally:
        client.close()


def status(settings: Settings) -> Sequence[migrations.SchemaVersion]:
    """Return every version that the store or this program knows, and whether it is applied. Changes nothing."""
    return migrations.status(resolve_store(settings, user="pipeline"))


def statements(settings: Settings) -> dict[int, str]:
    """Return what `migrate` would run, by version. Changes nothing."""
    store = resolve_store(settings, user="pipeline")
    return {version.number: migrations.plan(store, version.number) for version in migrations.status(store) if version.state == "pending"}
