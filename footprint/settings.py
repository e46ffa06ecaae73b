"""The one settings object: typed, frozen, read once at start from `footprint.toml` and `FOOTPRINT_*` variables."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator

from footprint.console_settings import ConsoleSettings
from footprint.secret_files import SUFFIX, named_files, read_secret, unfold, unfold_lines
from footprint.site_settings import SiteSettings, WebhookSettings
from schemas.errors import Misconfigured

PREFIX = "FOOTPRINT_"
CONFIG_VARIABLE = "FOOTPRINT_CONFIG"
DEFAULT_CONFIG = Path("footprint.toml")
TABLES = ("sites", "webhooks")
"""Settings that are tables, in the file only."""
SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Site names stand in keys of topics, between colons, and in paths."""


class Settings(ConsoleSettings):
    """Everything an operator can set. Each field is the variable `FOOTPRINT_` + its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka_bootstrap: str = Field(default="", description="Kafka bootstrap servers; empty: `up` starts a local Kafka.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How to talk to Kafka."
    )
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="", description="SASL mechanism, for example SCRAM-SHA-512."
    )
    kafka_sasl_username: str = Field(default="", description="SASL user.")
    kafka_sasl_password: str = Field(default="", description="SASL password.", repr=False)
    kafka_ca_file: str = Field(
        default="",
        description="CA certificates (PEM) that sign the brokers' certificates; empty: those of the system. Read anew when it changes.",
    )
    kafka_certificate_file: str = Field(
        default="", description="Certificate (PEM, with its chain) that this program shows to the brokers. Read anew when it changes."
    )
    kafka_key_file: str = Field(default="", description="Key of that certificate (PEM, without a password).")
    clickhouse_url: str = Field(
        default="",
        description="`http(s)://user:password@host:8123/database`, with `?cluster=NAME` for a cluster; empty: `up` starts a local ClickHouse.",
        repr=False,
    )
    clickhouse_password: str = Field(default="", description="Password of the store's user, instead of the one in the address.", repr=False)
    clickhouse_ca_file: str = Field(
        default="",
        description="CA certificates (PEM) that sign the store's certificate; empty: those of the system. Read anew when it changes.",
    )
    clickhouse_certificate_file: str = Field(
        default="", description="Certificate (PEM, with its chain) that this program shows to the store. Read anew when it changes."
    )
    clickhouse_key_file: str = Field(default="", description="Key of that certificate (PEM, without a password).")
    webhooks_ca_file: str = Field(
        default="", description="CA certificates (PEM) that sign the certificates of webhooks' receivers; empty: those of the system."
    )
    data_dir: Path = Field(
        default=Path("footprint-data"), validate_default=True, description="Local Kafka's and ClickHouse's data and secrets (mode 0700)."
    )
    write_keys: str = Field(default="", description="`site:key,...`; `up` adds `demo:demo` when no site is configured.", repr=False)
    secret_keys: str = Field(
        default="", description="Keys that sign links and cookies, newest last; made on first run in `up`.", repr=False
    )
    retired_secret_keys: str = Field(
        default="",
        description="Keys that signed links once and sign no more: their links ask before they lead on. Comma-separated.",
        repr=False,
    )
    public_url: str = Field(
        default="", description="The collector's address as mail programs reach it, for `footprint email`; empty: the local one."
    )
    keys_file: Path | None = Field(
        default=None, description="Where `footprint keys` keeps the hashes of keys; empty: `keys.json` of the data folder."
    )
    plans_dir: Path | None = Field(
        default=None, description="Folder of the tracking plans that were published; empty: `plans/` of the data folder."
    )
    users_file: Path | None = Field(
        default=None, description="Where `footprint users` keeps who may sign in to the console; empty: `users.json` of the data folder."
    )
    collector_host: str = Field(default="127.0.0.1", description="Address the collector binds to.")
    collector_port: int = Field(default=8000, ge=1, le=65_535, description="Port of the collector.")
    health_host: str = Field(default="127.0.0.1", description="Address on which the other parts serve `/live`, `/ready` and `/metrics`.")
    parts: str = Field(
        default="", description="Where parts answer `/ready`, for the console: `name=http://host:port/ready,...`; empty: as `up` runs them."
    )
    console_host: str = Field(default="127.0.0.1", description="Address the console binds to.")
    console_port: int = Field(default=8001, ge=1, le=65_535, description="Port of the console.")
    shop_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of the demo shop in `up`; 0: 8002, or a free port when it is taken."
    )
    local_kafka_port: int = Field(default=9092, ge=1, le=65_535, description="Port of the local Kafka.")
    local_clickhouse_port: int = Field(default=8123, ge=1, le=65_535, description="Port of the local ClickHouse.")
    collector_workers: int = Field(default=1, ge=1, le=64, description="Collector processes.")
    collector_fast: bool = Field(
        default=True, description="0: ingest paths take the way of all others, through ASGI. The same answers, slower."
    )
    collector_in_flight_bytes: int = Field(
        default=64_000_000,
        ge=1_000_000,
        description="Bytes of requests that one collector process holds at one time; more are refused with 503.",
    )
    spool_max_bytes: int = Field(
        default=1024**3,
        ge=0,
        description="Disk for events while Kafka is away, shared by all collector processes of a machine; 0: no spool, 503.",
    )
    spool_dir: Path | None = Field(
        default=None, description="Folder of the spool, on a disk of this collector's own; empty: `spool/` of the data folder."
    )
    streams_workers: int = Field(default=1, ge=1, le=64, description="Stream processes.")
    partitions: int = Field(default=4, ge=1, le=1024, description="Partitions of every topic when they are created.")
    replication: int = Field(default=1, ge=1, le=7, description="Replicas of every topic when they are created.")
    me_fields: str = Field(
        default="",
        description="Fields of a visitor's own profile that `GET /v1/me` tells on sites that name none, comma-separated; "
        "`up` says `interests` when no site is configured.",
    )
    session_update_s: float = Field(default=30.0, ge=0, le=3600, description="A changed session is published at most this often, seconds.")
    retention_events_days: int = Field(default=395, ge=0, description="Days the store keeps events after their receipt; 0: for ever.")
    retention_contact_days: int = Field(
        default=90, ge=0, description="Days the store keeps addresses and user agents of events; 0: as long as the event."
    )
    retention_rejected_days: int = Field(default=90, ge=0, description="Days the store keeps what was turned away; 0: for ever.")
    retention_audit_days: int = Field(
        default=395, ge=0, description="Days the store keeps the audit log and the calls to webhooks; 0: for ever."
    )
    email_agents: Path | None = Field(
        default=None,
        description="Networks and user agents that fetch e-mails for somebody (YAML); empty: the file that comes with footprint, "
        "`streams/models/mail_agents.yaml`, which shows what may stand in one.",
    )
    trusted_proxies: str = Field(default="", description="Networks (CIDR, comma-separated) whose X-Forwarded-For is believed.")
    tracing_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of requests that are followed from request to row by OpenTelemetry, 0.01 for one of a hundred; 0: none.",
    )
    tracing_url: str = Field(default="http://127.0.0.1:4318/v1/traces", description="Where spans are sent: OTLP over HTTP.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least severe level that is logged.")
    log_format: Literal["text", "json"] = Field(default="text", description="Lines for people, or one JSON object a line.")
    test_containers: bool = Field(default=False, description="1: the tests take broker and store from containers.")
    sites: dict[str, SiteSettings] = Field(default_factory=dict, description="Websites by name: `[sites.NAME]` in the file.")
    webhooks: dict[str, WebhookSettings] = Field(
        default_factory=dict, description="Addresses that are told of signals and escalations: `[webhooks.NAME]` in the file."
    )

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("sites", "webhooks")
    @classmethod
    def _named(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            _require_site_name(name)
        return value

    def site_keys(self) -> dict[str, str]:
        """Return write key -> site over `write_keys` and `[sites.*]`; raises Misconfigured when two sites share a key."""
        pairs = [(key, name) for name, site in self.sites.items() for key in site.keys]
        pairs += [(key, site) for site, key in _key_pairs(self.write_keys)]
        found: dict[str, str] = {}
        for key, site in pairs:
            if found.setdefault(key, site) != site:
                raise Misconfigured(f"Sites {found[key]!r} and {site!r} share a write key. Give each site a key of its own.")
        return found

    def me_fields_of(self, site: SiteSettings) -> tuple[str, ...]:
        """Return the fields that a site tells its visitors of their own profile."""
        if site.me_fields is not None:
            return site.me_fields
        return () if site.anonymous else tuple(name.strip() for name in self.me_fields.split(",") if name.strip())

    def site(self, name: str) -> SiteSettings:
        """Return the settings of a site, the defaults when it has none."""
        return self.sites.get(name) or SiteSettings()


SECRETS = tuple(name for name, field in Settings.model_fields.items() if not field.repr)
"""Settings that are printed nowhere. Each may stand in a file of its own, that `FOOTPRINT_` + its name + `_FILE` names."""


def _key_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        site, colon, key = item.partition(":")
        if not (colon and site.strip() and key.strip()):
            raise Misconfigured(f"FOOTPRINT_WRITE_KEYS has {item!r}. Write it as site:key,site:key.")
        pairs.append((_require_site_name(site.strip()), key.strip()))
    return pairs


def _require_site_name(name: str) -> str:
    if not SITE_NAME.fullmatch(name):
        raise Misconfigured(
            f"{name[:80]!r} is no usable name of a site or webhook. Write 1 to 64 letters, digits, dots, dashes and underscores."
        )
    return name


def read_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Read the settings file, then the variables over it, then `overrides` (None: not given).

    Raises Misconfigured for an unknown name (with the nearest known one), an unreadable file or a bad value.
    """
    values = _read_file(environ)
    values |= {name: value for name, value in _read_variables(environ).items() if value != ""}
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise Misconfigured("Settings are not valid: " + "; ".join(lines) + ". Change them and start again.") from None


def _read_file(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get(CONFIG_VARIABLE)
    path = Path(named) if named else DEFAULT_CONFIG
    if not named and not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"Cannot read {path}: {error.strerror}. Check {CONFIG_VARIABLE}.") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}. Correct it and start again.") from None
    for name in values:
        _known(name, str(path))
    values |= {name: unfold(values[name], f"{name} of {path}", path.parent) for name in SECRETS if name in values}
    for site in _tables(values, "sites", path, SiteSettings.model_fields):
        if isinstance(site.get("plan"), str):
            site["plan"] = (path.parent / site["plan"]).absolute()
        for name in ("scores", "triggers"):
            if str(site.get(name, "")).endswith((".yaml", ".yml")):
                site[name] = str((path.parent / site[name]).absolute())
    _tables(values, "webhooks", path, WebhookSettings.model_fields)
    return values


def _tables(values: Mapping[str, Any], kind: str, path: Path, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tables `[kind.NAME]` of the file, whose names are all known."""
    tables = values.get(kind, {})
    if not (isinstance(tables, dict) and all(isinstance(table, dict) for table in tables.values())):
        raise Misconfigured(f"The {kind} of {path} are not tables. Write each as [{kind}.NAME] with its settings below.")
    for table in tables.values():
        for name in table:
            _known(name, f"{kind} of {path}", fields)
            if not fields[name].repr:
                read = unfold_lines if name == "keys" else unfold
                table[name] = read(table[name], f"{name} of {path}", path.parent)
    return list(tables.values())


def _read_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = (name for name in environ if name.startswith(PREFIX) and name != CONFIG_VARIABLE)
    given: dict[str, Any] = {variable.removeprefix(PREFIX).lower(): environ[variable] for variable in ours}
    for name in given:
        variable = PREFIX + name.upper()
        if name in TABLES:
            raise Misconfigured(f"{variable} does not exist. Write [{name}.NAME] tables in footprint.toml.")
        if name.removesuffix(SUFFIX) not in SECRETS:
            _known(name, variable, upper=True)
    for name, variable, path in list(named_files(given, SECRETS)):
        given[name] = read_secret(Path(path), PREFIX + variable.upper())
    return {name: value for name, value in given.items() if name in Settings.model_fields}


def _known(name: str, where: str, fields: Mapping[str, Any] = Settings.model_fields, *, upper: bool = False) -> None:
    if name in fields:
        return
    near = difflib.get_close_matches(name, list(fields), n=1, cutoff=0.0)[0]
    near = PREFIX + near.upper() if upper else near
    raise Misconfigured(f"Unknown setting {name!r} ({where}). Did you mean {near!r}?")


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the `FOOTPRINT_*` variables that give a child process these settings (tables come from the file)."""
    values = settings.model_dump(exclude=set(TABLES), exclude_defaults=True)
    return {PREFIX + name.upper(): _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def current(**overrides: Any) -> Settings:
    """Return the settings of this process."""
    return read_settings(os.environ, **overrides)
