"""The parts of `footprint up`, from settings: what is started, with what, and where it will be."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from footprint.local import clickhouse, kafka
from footprint.local.installed import require_installed
from footprint.local.ports import LOOPBACK, free_port, is_free, require_free
from footprint.local.secrets import secret
from footprint.parts.connections import DEMO_KEYS, secrets_folder
from footprint.parts.run_file import Run
from footprint.settings import CONFIG_VARIABLE, PREFIX, Settings, environment_of
from footprint.supervisor.part import Part, Probe
from footprint.supervisor.probes import http_probe, kafka_probe

SHOP_PORT = 8002
STOP_ORDER = ("collector", "streams", "profiles", "sink", "webhooks", "rebuild", "console", "shop", "clickhouse", "kafka")


@dataclass(frozen=True, slots=True)
class Line:
    """`servers` must be ready before the schema is prepared and `stages` start. `flow` are the `/ready` of what has a lag."""

    settings: Settings
    run: Run
    servers: tuple[Part, ...]
    stages: tuple[Part, ...]
    flow: tuple[str, ...]

    def stop_order(self) -> list[str]:
        """Return the names of all parts in the order in which they stop: with the flow, servers last."""
        names = [part.name for part in (*self.servers, *self.stages)]
        return sorted(names, key=lambda name: STOP_ORDER.index(name.partition("-")[0]))


def line_of(given: Settings, client: httpx2.AsyncClient) -> Line:
    """Decide everything about the line. Raises Misconfigured when a port that it needs is taken, or a server is not installed."""
    settings = _completed(given)
    if not (settings.kafka_bootstrap and settings.clickhouse_url):
        require_installed()
    _require_ports(settings)
    run = _run_of(settings)
    environment = _environment(settings)
    servers = _servers(settings, run, client, environment)
    stages = _stages(settings, run, client, environment)
    flow = tuple(url for name, url in run.health.items() if name.partition("-")[0] in ("collector", "streams", "profiles", "sink"))
    return Line(settings, run, servers, stages, flow)


def _completed(settings: Settings) -> Settings:
    """Fill in what `up` provides by itself: a demo site, a signing key, a port for the shop."""
    found: dict[str, object] = {}
    if not settings.site_keys():
        found["write_keys"] = DEMO_KEYS
        found["me_fields"] = settings.me_fields or "interests"  # what the demo shop's pages ask for
    if not settings.secret_keys:
        found["secret_keys"] = secret(secrets_folder(settings.data_dir), "signing-key")
    if not settings.shop_port:
        found["shop_port"] = SHOP_PORT if is_free(SHOP_PORT) and SHOP_PORT not in _ports(settings) else free_port()
    return settings.model_copy(update=found)


def _ports(settings: Settings) -> set[int]:
    return {settings.collector_port, settings.console_port, settings.local_kafka_port, settings.local_clickhouse_port}


def _require_ports(settings: Settings) -> None:
    wanted = [
        (settings.collector_port, "the collector", "FOOTPRINT_COLLECTOR_PORT", settings.collector_host),
        (settings.console_port, "the console", "FOOTPRINT_CONSOLE_PORT", settings.console_host),
        (settings.shop_port, "the demo shop", "FOOTPRINT_SHOP_PORT", LOOPBACK),
    ]
    if not settings.kafka_bootstrap:
        wanted.append((settings.local_kafka_port, "Kafka", "FOOTPRINT_LOCAL_KAFKA_PORT", LOOPBACK))
    if not settings.clickhouse_url:
        wanted.append((settings.local_clickhouse_port, "ClickHouse", "FOOTPRINT_LOCAL_CLICKHOUSE_PORT", LOOPBACK))
    for port, what, setting, host in wanted:
        require_free(port, what=what, setting=setting, host=host)


def _run_of(settings: Settings) -> Run:
    collector = f"http://{settings.collector_host}:{settings.collector_port}"
    console = f"http://{settings.console_host}:{settings.console_port}"
    store = settings.clickhouse_url.rpartition("@")[2] if settings.clickhouse_url else f"{LOOPBACK}:{settings.local_clickhouse_port}"
    clickhouse_url = f"{'https' if settings.clickhouse_url.startswith('https') else 'http'}://{store.partition('/')[0]}"
    broker = settings.kafka_bootstrap or f"{LOOPBACK}:{settings.local_kafka_port}"
    shop = f"http://{LOOPBACK}:{settings.shop_port}"
    health = {"collector": f"{collector}/ready", "kafka": f"tcp://{broker.partition(',')[0]}"}
    health |= {
        name: f"http://{LOOPBACK}:{free_port()}/ready"
        for name in (*_workers(settings), "profiles", "sink", "rebuild", *_webhooks(settings))
    }
    health |= {"clickhouse": f"{clickhouse_url}/ping", "shop": f"{shop}/ready"}
    return Run(
        pid=os.getpid(),
        kafka=broker,
        clickhouse=clickhouse_url,
        collector=collector,
        console=console,
        shop=shop,
        health=health,
    )


def _workers(settings: Settings) -> list[str]:
    return ["streams"] if settings.streams_workers == 1 else [f"streams-{number + 1}" for number in range(settings.streams_workers)]


def _webhooks(settings: Settings) -> tuple[str, ...]:
    """The part that makes calls, where there is anybody to call. Its lag holds up nothing: a receiver may be away for a day."""
    return ("webhooks",) if settings.webhooks else ()


def _environment(settings: Settings) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == CONFIG_VARIABLE}
    return inherited | environment_of(settings)


def _servers(settings: Settings, run: Run, client: httpx2.AsyncClient, environment: Mapping[str, str]) -> tuple[Part, ...]:
    parts = []
    if not settings.kafka_bootstrap:
        command = kafka.command(settings.data_dir / "kafka", port=settings.local_kafka_port)
        parts.append(Part("kafka", tuple(command), kafka_probe(run.kafka), run.kafka, environment, stop_s=20))
    if not settings.clickhouse_url:
        folder, secrets = settings.data_dir / "clickhouse", secrets_folder(settings.data_dir)
        command = clickhouse.command(folder, port=settings.local_clickhouse_port, secrets=secrets)
        told = f"{run.clickhouse}  user analyst, password in {secrets / 'analyst-password'}"
        parts.append(Part("clickhouse", tuple(command), http_probe(client, f"{run.clickhouse}/ping"), told, environment, stop_s=20))
    return tuple(parts)


def _stages(settings: Settings, run: Run, client: httpx2.AsyncClient, environment: Mapping[str, str]) -> tuple[Part, ...]:
    program = str(Path(sys.executable).with_name("footprint"))

    def stage(name: str, command: tuple[str, ...], probe: Probe, address: str = "", stop_s: float = 15) -> Part:
        return Part(name, command, probe, address, environment, stop_s)

    def ready(name: str) -> Probe:
        return http_probe(client, run.health[name])

    parts = [stage("collector", (program, "collector"), ready("collector"), run.collector, stop_s=30)]
    for number, name in enumerate(_workers(settings), 1):
        command = (program, "streams", "--health-port", _port_of(run.health[name]), "--worker", str(number))
        parts.append(stage(name, command, ready(name)))
    parts.append(stage("profiles", (program, "profiles", "--health-port", _port_of(run.health["profiles"])), ready("profiles")))
    parts.append(stage("sink", (program, "sink", "--health-port", _port_of(run.health["sink"])), ready("sink"), stop_s=30))
    parts.append(stage("rebuild", (program, "rebuild", "--health-port", _port_of(run.health["rebuild"])), ready("rebuild")))
    parts += [stage(name, (program, name, "--health-port", _port_of(run.health[name])), ready(name)) for name in _webhooks(settings)]
    parts.append(stage("console", (program, "console"), http_probe(client, f"{run.console}/ready"), run.console))
    shop = (sys.executable, "-m", "footprint.demo.shop", "--port", str(settings.shop_port), "--collector", run.collector)
    key = next(iter(settings.site_keys()))
    site = settings.site(settings.site_keys()[key])
    liked = ("--profile",) if "interests" in settings.me_fields_of(site) else ()
    parts.append(stage("shop", (*shop, "--key", key, *liked), http_probe(client, run.shop), run.shop))
    return tuple(parts)


def _port_of(url: str) -> str:
    return url.rpartition(":")[2].partition("/")[0]
