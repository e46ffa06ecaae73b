"""Bring the store's schema up to date, and tell where it stands."""

from collections.abc import Sequence

from footprint.parts.connections import resolve_store
from footprint.settings import Settings
from sinks.clickhouse import migrations


def migrate(settings: Settings, *, to: int | None = None) -> Sequence[int]:
    """Apply what is pending to the store of these settings, at most up to version `to`; returns the applied versions.

    Raises Misconfigured when the store's schema is newer than this program, Retryable when the store is away.
    """
    return migrations.migrate(resolve_store(settings, user="pipeline"), to=to)


def status(settings: Settings) -> Sequence[migrations.SchemaVersion]:
    """Return every version that the store or this program knows, and whether it is applied. Changes nothing."""
    return migrations.status(resolve_store(settings, user="pipeline"))


def statements(settings: Settings) -> dict[int, str]:
    """Return what `migrate` would run, by version. Changes nothing."""
    pending = [version.number for version in status(settings) if version.state == "pending"]
    return {number: migrations.file_of(number).read_text("utf-8") for number in pending}
