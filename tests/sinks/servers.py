"""Local servers of a test run's own, for the sinks: the store can be killed and started again."""

import asyncio
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace

from footprint.local.ports import free_port
from footprint.local.secrets import password_of
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate


def eventually(condition, seconds=30.0, what="the condition"):
    """Wait until a condition gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.05)
    return found


async def eventually_async(condition, seconds=30.0, what="the condition"):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        await asyncio.sleep(0.05)
    return found


class LocalStore:
    """The local ClickHouse as a process on a folder."""

    def __init__(self, folder):
        self._folder = folder
        self._port = free_port()
        self._process = None
        self.secrets = folder / "secrets"
        self.path = folder / "clickhouse"

    def connection(self, user):
        return StoreConnection(f"http://127.0.0.1:{self._port}", user, password_of(self.secrets, user))

    def start(self):
        command = [sys.executable, "-m", "footprint.local.clickhouse", "--path", str(self.path), "--port", str(self._port)]
        with (self._folder / "clickhouse.out").open("ab") as output:
            self._process = subprocess.Popen([*command, "--secrets", str(self.secrets)], stdout=output, stderr=subprocess.STDOUT)
        client = StoreClient(replace(self.connection("pipeline"), database=""))
        eventually(lambda: client.reachable() or self._ended(), what="the store")
        client.close()

    def _ended(self):
        assert self._process.poll() is None, (self._folder / "clickhouse.out").read_text()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)


@contextmanager
def fresh_database(store):
    """Give a migrated database of a name of its own; dropped on leaving."""
    connection = replace(store, database=f"t_{uuid.uuid4().hex[:12]}")
    migrate(connection)
    try:
        yield connection
    finally:
        client = StoreClient(replace(store, database=""))
        client.command(f"DROP DATABASE {connection.database}")
        client.close()
