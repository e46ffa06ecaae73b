"""The fixtures of the sinks' tests."""

from tests.sinks.schema import client, migrated

__all__ = ["client", "migrated"]
