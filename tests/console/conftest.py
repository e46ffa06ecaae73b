"""The fixtures of the console's tests: the store with the schema, as the sinks' tests have it."""

from tests.sinks.schema import client, migrated

__all__ = ["client", "migrated"]
