"""The ClickHouse side: client, migrations, views and cookbook."""
