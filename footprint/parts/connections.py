"""Connections of this process: from settings, else from the running `up` of the data folder, else the local defaults."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from footprint.local.secrets import password_of, secret
from footprint.parts.run_file import find_run
from footprint.settings import Settings
from schemas.connections import KafkaConnection, StoreConnection
from schemas.errors import Misconfigured

User = Literal["pipeline", "analyst"]

DEMO_KEYS = "demo:demo"
"""Site and key of `up` when no site is configured."""


def resolve_kafka(settings: Settings) -> KafkaConnection:
    """Return how to reach Kafka."""
    run = None if settings.kafka_bootstrap else find_run(settings.data_dir)
    _require_credentials(settings)
    return KafkaConnection(
        bootstrap=settings.kafka_bootstrap or (run.kafka if run else f"127.0.0.1:{settings.local_kafka_port}"),
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=settings.kafka_sasl_password,
        ca_file=settings.kafka_ca_file,
        certificate_file=settings.kafka_certificate_file,
        key_file=settings.kafka_key_file,
    )


def _require_credentials(settings: Settings) -> None:
    """Raise Misconfigured for credentials that the protocol does not use, or that it lacks: somebody believes to be protected."""
    protocol = settings.kafka_security_protocol
    wanted = (settings.kafka_sasl_mechanism, settings.kafka_sasl_username, settings.kafka_sasl_password)
    if protocol.startswith("SASL") and not all(wanted):
        raise Misconfigured(
            f"{protocol} needs FOOTPRINT_KAFKA_SASL_MECHANISM, FOOTPRINT_KAFKA_SASL_USERNAME and FOOTPRINT_KAFKA_SASL_PASSWORD. Set all three."
        )
    if not protocol.startswith("SASL") and any(wanted):
        raise Misconfigured(f"{protocol} takes no user and password. Set FOOTPRINT_KAFKA_SECURITY_PROTOCOL=SASL_SSL, or leave them out.")
    if not protocol.endswith("SSL") and (settings.kafka_ca_file or settings.kafka_certificate_file or settings.kafka_key_file):
        raise Misconfigured(
            f"{protocol} does not encrypt. Set FOOTPRINT_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, or leave out the files."
        )


def resolve_store(settings: Settings, *, user: User) -> StoreConnection:
    """Return how to reach ClickHouse as one of its two users.

    With `FOOTPRINT_CLICKHOUSE_URL` set, both are the user that it names: its server decides what that user may do.
    """
    if settings.clickhouse_url:
        return _named_store(settings)
    run = find_run(settings.data_dir)
    url = run.clickhouse if run else f"http://127.0.0.1:{settings.local_clickhouse_port}"
    folder = secrets_folder(settings.data_dir)
    if not (folder / f"{user}-password").is_file():
        raise Misconfigured(
            f"{settings.data_dir} holds no store. Start `footprint up` first, name its folder with --data-dir, or set FOOTPRINT_CLICKHOUSE_URL."
        )
    return StoreConnection(url=url, user=user, password=password_of(folder, user))


def resolve_collector(settings: Settings) -> str:
    """Return the URL of the collector."""
    run = find_run(settings.data_dir)
    return run.collector if run else f"http://{settings.collector_host}:{settings.collector_port}"


def write_key(settings: Settings, site: str) -> str:
    """Return a write key of a site; raises Misconfigured when it has none."""
    keys = settings.site_keys() or settings.model_copy(update={"write_keys": DEMO_KEYS}).site_keys()
    found = next((key for key, owner in keys.items() if owner == site), None)
    if found is None:
        known = ", ".join(sorted(set(keys.values())))
        raise Misconfigured(f"Site {site!r} has no write key; known sites: {known}. Add it to footprint.toml or FOOTPRINT_WRITE_KEYS.")
    return found


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """Return the keys that sign, newest last: those of the settings, else the one that the data folder keeps for itself."""
    told = tuple(key.strip() for key in settings.secret_keys.split(",") if key.strip())
    return told or (secret(secrets_folder(settings.data_dir), "signing-key"),)


def signing_key_file(data_dir: Path) -> Path:
    """Return where a data folder keeps the key that it made for itself."""
    return secrets_folder(data_dir) / "signing-key"


def retired_keys(settings: Settings) -> tuple[str, ...]:
    """Return the keys that sign no more, whose links are still understood."""
    return tuple(key.strip() for key in settings.retired_secret_keys.split(",") if key.strip())


def secrets_folder(data_dir: Path) -> Path:
    """Return where a data folder keeps its secrets."""
    return data_dir / "secrets"


def _named_store(settings: Settings) -> StoreConnection:
    found = store_of(settings.clickhouse_url)
    files = (settings.clickhouse_ca_file, settings.clickhouse_certificate_file, settings.clickhouse_key_file)
    if any(files) and not found.url.startswith("https:"):
        raise Misconfigured("FOOTPRINT_CLICKHOUSE_URL does not encrypt. Write it with https://, or leave out the files.")
    ca, certificate, key = files
    password = settings.clickhouse_password or found.password
    return replace(found, password=password, ca_file=ca, certificate_file=certificate, key_file=key)


def store_of(url: str) -> StoreConnection:
    """Return the connection that `http(s)://user:password@host:port/database?cluster=name` names."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("FOOTPRINT_CLICKHOUSE_URL is not an address. Write it as http://user:password@host:8123/database.")
    port = parts.port or (8443 if parts.scheme == "https" else 8123)
    return StoreConnection(
        url=f"{parts.scheme}://{parts.hostname}:{port}",
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/") or "footprint",
        cluster=_cluster_of(parts.query),
    )


def _cluster_of(query: str) -> str:
    named = dict(parse_qsl(query))
    cluster = named.pop("cluster", "")
    if named or not re.fullmatch(r"[\w-]*", cluster):
        raise Misconfigured(
            "FOOTPRINT_CLICKHOUSE_URL may end with ?cluster=NAME and nothing else. Write the cluster's name as its servers do."
        )
    return cluster
