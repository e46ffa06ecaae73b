"""A Kafka behind TLS, SCRAM and an authorizer, as a company runs one; and a proxy that ends TLS in front of any server."""

import asyncio
import contextlib
import ssl
import subprocess
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

from footprint.local import kafka
from footprint.local.jars import ensured
from footprint.local.java import java
from footprint.local.kafka_properties import LOG_DIR, properties, render
from footprint.local.ports import LOOPBACK, free_port
from schemas.connections import KafkaConnection
from tests.support.authority import Authority, Pair
from tests.support.servers import LocalKafka, in_own_loop
from tests.support.waiting import eventually

ROOT = "root"
"""The user who may do everything: who makes topics and rights."""
START_S = 180
MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"


class SecuredKafka(LocalKafka):
    """One broker: SASL_SSL with SCRAM-SHA-512 on `port`, client certificates on `certified`, rights by the StandardAuthorizer."""

    def __init__(self, folder: Path, authority: Authority, users: Mapping[str, str]):
        super().__init__(folder)
        self.certified, self._controller = free_port(), free_port()
        self.authority, self._users = authority, users
        self.pair: Pair = authority.issue("broker")
        self.trusted = folder / "trusted.pem"
        self.trusted.write_bytes(authority.file.read_bytes())
        self.connection = self.as_user(ROOT)

    def as_user(self, name: str, password: str = "") -> KafkaConnection:
        """Return the connection of a user, with another password where one is given."""
        secret = password or self._users[name]
        return KafkaConnection(f"{LOOPBACK}:{self.port}", "SASL_SSL", "SCRAM-SHA-512", name, secret, str(self.trusted))

    def certificate_of(self, user: str) -> KafkaConnection:
        """Return the connection of a user who shows a certificate and has no password."""
        shown = self.authority.issue(user)
        return KafkaConnection(
            f"{LOOPBACK}:{self.certified}",
            "SSL",
            ca_file=str(self.trusted),
            certificate_file=str(shown.certificate),
            key_file=str(shown.key),
        )

    def trust(self, other: Authority) -> None:
        """Believe another authority as well, from the next start and connection on."""
        fresh = self.trusted.with_suffix(".new")
        fresh.write_bytes(self.authority.file.read_bytes() + other.file.read_bytes())
        fresh.replace(self.trusted)

    def command(self) -> list[str]:
        """Write the configuration, and the users on first use, and return the command."""
        folder = self.folder / "kafka"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "server.properties"
        configuration.write_text(render(self._properties()), "ascii")
        run = [java(), *kafka.JVM, f"-Dlog4j2.configurationFile={kafka.LOGGING}", "-cp", ":".join(map(str, ensured()))]
        if not (folder / LOG_DIR / "meta.properties").is_file():
            self._format(run, configuration)
        return ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder), *run, "kafka.Kafka", str(configuration)]

    def start(self) -> None:
        """Start the broker and return when it is ready, which takes a busy machine its time."""
        self.launch()
        eventually(self._ready_or_gone, START_S)

    def is_ready(self) -> bool:
        """True when the broker takes its own user."""
        from footprint.broker import _refusal

        return in_own_loop(kafka._listens, self.connection.bootstrap) and in_own_loop(_refusal, self.connection) is None

    def _format(self, run: list[str], configuration: Path) -> None:
        number = kafka.cluster_id(uuid.uuid4())
        tool = [*run, "kafka.tools.StorageTool", "format", "-t", number, "-c", str(configuration)]
        for name, password in self._users.items():
            tool += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
        subprocess.run(tool, check=True, capture_output=True, cwd=configuration.parent)

    def _properties(self) -> dict[str, str | int]:
        jaas = f'{MODULE} required username="{ROOT}" password="{self._users[ROOT]}";'
        return properties(port=self.port, controller_port=self._controller) | {
            "listeners": f"SASL_SSL://{LOOPBACK}:{self.port},SSL://{LOOPBACK}:{self.certified},CONTROLLER://{LOOPBACK}:{self._controller}",
            "advertised.listeners": f"SASL_SSL://{LOOPBACK}:{self.port},SSL://{LOOPBACK}:{self.certified}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL",
            "inter.broker.listener.name": "SASL_SSL",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": jaas,
            "listener.name.ssl.ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.pair.joined()),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.trusted),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ROOT};User:ANONYMOUS",  # the controller's listener has no users; no other takes one without a name
            "group.min.session.timeout.ms": 1000,
        }


class TlsFront:
    """Ends TLS in front of a server on loopback, for as long as it is entered; `said` keeps what clients sent, decrypted."""

    def __init__(self, port: int, pair: Pair, *, clients: Path | None = None):
        self._to, self._pair, self._clients = port, pair, clients
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self.said: list[bytearray] = []
        self.port = 0

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def hang_up(self) -> None:
        """End every connection, as a server that restarts does."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in list(self._writers)])

    def show(self, pair: Pair) -> None:
        """Show another certificate from the next connection on."""
        self._context.load_cert_chain(pair.certificate, pair.key)

    async def _open(self):
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self._clients)
        self._context.verify_mode = ssl.CERT_REQUIRED if self._clients else ssl.CERT_NONE
        self.show(self._pair)
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, ssl=self._context)
        self._loop.set_exception_handler(lambda *_: None)  # clients who do not believe us are part of the tests
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        said = bytearray()
        self.said.append(said)
        self._writers.add(writer)
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(inner_writer)
        await asyncio.gather(_pipe(reader, inner_writer, said), _pipe(inner_reader, writer, None), return_exceptions=True)
        self._writers -= {writer, inner_writer}


async def _pipe(reader, writer, said):
    try:
        while chunk := await reader.read(1 << 16):
            if said is not None:
                said += chunk
            writer.write(chunk)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()
