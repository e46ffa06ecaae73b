"""The line as a cluster runs it: one process and one user a part, Kafka behind TLS and SCRAM, the store behind HTTPS."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import clickhouse_connect
from typer.testing import CliRunner

from footprint import cli
from footprint.demo.line import PROGRAM, free_ports
from footprint.deploy import acls
from footprint.local.ports import LOOPBACK
from footprint.settings import PREFIX
from tests.security.rights import needed, statements
from tests.security.secured import SecuredKafka, TlsFront
from tests.support.authority import Pair
from tests.support.servers import LocalClickHouse
from tests.support.waiting import eventually

PARTS = ("collector", "streams", "profiles", "sink", "webhooks", "rebuild", "console")
STORE_USERS = ("sink", "rebuild", "analyst", "operator", "migrate")
USER_OF = {"console": "analyst"}
READY_S = 150
DATABASE = "secured"


class SecuredLine:
    """Parts as processes; `operator(...)` types a command as the operator. Secrets stand in files."""

    def __init__(self, folder: Path, kafka: SecuredKafka, store: LocalClickHouse, passwords: dict[str, str]):
        self.folder, self.kafka, self.store = folder, kafka, store
        self.passwords = passwords
        self.fronts: dict[str, TlsFront] = {}
        self.ports = dict(zip(PARTS, free_ports(len(PARTS)), strict=True))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stack = ExitStack()
        self._client = None

    def __enter__(self):
        pair = self.kafka.authority.issue("store")
        for user in STORE_USERS:
            self.fronts[user] = self._stack.enter_context(TlsFront(self.store.port, pair))
        self._write("pipeline", self.store.connection("pipeline").password)
        self._write("analyst", self.store.connection("analyst").password)
        for user, password in self.passwords.items():
            self._write(user, password)
        with closing(self._plain()) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait(20)
        with closing(self._plain()) as client:
            client.command(f"DROP DATABASE IF EXISTS {DATABASE}")
        self._stack.close()

    def environment(self, part: str) -> dict[str, str]:
        """Return the settings of a part, or of a command: the same everywhere but the users."""
        user, store_user = acls.user_of(part), USER_OF.get(part, part if part in STORE_USERS else "operator")
        who = "analyst" if store_user == "analyst" else "pipeline"
        secured = {
            "KAFKA_BOOTSTRAP": f"{LOOPBACK}:{self.kafka.port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD_FILE": str(self.folder / user),
            "KAFKA_CA_FILE": str(self.kafka.trusted),
            "CLICKHOUSE_URL": f"https://{who}@{LOOPBACK}:{self.fronts[store_user].port}/{DATABASE}",
            "CLICKHOUSE_PASSWORD_FILE": str(self.folder / who),
            "CLICKHOUSE_CA_FILE": str(self.kafka.trusted),
        }
        if part == "migrate":  # it has no user in Kafka
            secured = {name: value for name, value in secured.items() if not name.startswith("KAFKA_")}
        common = {"CONFIG": str(self.folder / "footprint.toml"), "DATA_DIR": str(self.folder / "data"), "SESSION_UPDATE_S": "1"}
        ports = {"COLLECTOR_PORT": str(self.ports["collector"]), "CONSOLE_PORT": str(self.ports["console"])}
        return {PREFIX + name: value for name, value in (secured | common | ports).items()}

    def start(self, part: str) -> None:
        """Start a part and return; `ready` waits for it."""
        health = [] if part in ("collector", "console") else ["--health-port", str(self.ports[part])]
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | self.environment(part)
        with self.log(part).open("ab") as log:
            self.processes[part] = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, part, *health], cwd=self.folder, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def log(self, part: str) -> Path:
        """Return the file that a part writes its log to."""
        return self.folder / f"{part}.log"

    def ready(self, part: str) -> bool:
        """True when a part answers 200 at `/ready`; fails when it has ended."""
        if self.processes[part].poll() is not None:
            raise RuntimeError(f"{part} ended:\n{self.log(part).read_text()[-3000:]}")
        try:
            return urllib.request.urlopen(f"http://{LOOPBACK}:{self.ports[part]}/ready", timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def start_again(self) -> bool:
        """Start the parts that ended, as whatever runs them does: streams end where a broker stays away for long."""
        for part, process in self.processes.items():
            if process.poll() is not None:
                self.start(part)
        return True

    def all_ready(self) -> None:
        for part in self.processes:
            eventually(lambda part=part: self.ready(part), READY_S)

    def operator(self, *arguments: str, user: str = "operator", fails: bool = False) -> str:
        """Type a command and return what it printed."""
        done = CliRunner().invoke(cli.register(), list(arguments), env=self.environment(user), catch_exceptions=True)
        assert fails or done.exit_code == 0, f"{arguments}: {done.output} {done.exception!r}"
        return done.output

    def send(self, *messages, site: str = "shop") -> None:
        """Send events until the collector says that they are durable."""
        body = json.dumps({"batch": messages, "writeKey": site}).encode()
        request = urllib.request.Request(f"http://{LOOPBACK}:{self.ports['collector']}/v1/batch", body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["success"]

    def rows(self, sql: str):
        """Ask the store itself, past everything that is tested."""
        if self._client is None:
            self._client = self._stack.enter_context(closing(self._plain()))
        return self._client.query(sql).result_rows

    def asked(self, user: str) -> set[tuple[str, str]]:
        """Return which rights the statements took that a user's connections carried: privilege and table."""
        return {right for said in self.fronts[user].said for statement in statements(bytes(said)) for right in needed(statement)}

    def renew(self, authority, pair: Pair) -> None:
        """Let all certificates be another authority's from now on: clients learn of it first, then the servers change."""
        self.kafka.trust(authority)
        self.kafka.stop()
        self.kafka.pair = pair
        self.kafka.start()
        for front in self.fronts.values():
            front.show(pair)
            front.hang_up()

    def _write(self, name: str, secret: str) -> None:
        (self.folder / name).write_text(secret + "\n")

    def _plain(self):
        told = self.store.connection("pipeline")
        return clickhouse_connect.get_client(dsn=told.url, username=told.user, password=told.password, autogenerate_session_id=False)
