"""Bring the store's schema up to date."""

from collections.abc import Sequence

from footprint.parts.connections import resolve_store
from footprint.settings import Settings
from sinks.clickhouse import migrations


def migrate(settings: Settings) -> Sequence[int]:
    """Apply what is pending to the store of these settings; returns the applied versions.

    Raises Misconfigured when the store's schema is newer than this program, Retryable when the store is away.
    """
    return migrations.migrate(resolve_store(settings, user="pipeline"))
