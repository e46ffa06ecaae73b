"""The fixtures of the sinks' tests."""

from tests.sinks.schema import client, migrated, shared_schema

__all__ = ["client", "migrated", "shared_schema"]
