"""The fixtures of the console's tests: the store with the schema, as the sinks' tests have it."""

from tests.sinks.schema import client, migrated, shared_schema

__all__ = ["client", "migrated", "shared_schema"]
