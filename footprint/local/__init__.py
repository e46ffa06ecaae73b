"""Real servers on this machine: Kafka from its jars, the ClickHouse engine behind its HTTP interface."""
