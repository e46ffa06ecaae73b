"""The parts of the line, each in the image's own root: read-only, without rights, as the image's user."""

import os
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import clickhouse_connect

from footprint.local.ports import free_port
from tests.support.dockerfile import Stage
from tests.support.servers import LocalClickHouse
from tests.support.waiting import eventually

MOUNTS = """
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -o remount,bind,ro "$ROOT"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t proc proc "$ROOT/proc"
mount --bind "$DATA" "$ROOT/var/lib/footprint"
exec chroot "$ROOT" /usr/bin/setpriv --reuid="${USER%:*}" --regid="${USER#*:}" --clear-groups --no-new-privs --bounding-set=-all \
  /usr/bin/env -i --chdir="$FOLDER" "$@"
"""
START_S = 120.0
STORED_S = 90.0
STOP_S = 60


class Image:
    """What an engine would do with the image: a process in its files, with one folder to write."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        user, group = map(int, stage.user.split(":"))
        os.chown(self._data, user, group)

    def command(self, arguments: list[str], environment: dict[str, str]) -> list[str]:
        """Return the command that runs `arguments` inside."""
        told = [f"{name}={value}" for name, value in (self._stage.environment | environment).items()]
        places = {"ROOT": self._stage.root, "DATA": self._data, "USER": self._stage.user, "FOLDER": self._stage.folder}
        own = [f"{name}={value}" for name, value in places.items()]
        return ["env", *own, "unshare", "--mount", "sh", "-c", MOUNTS, "sh", *told, *arguments]

    def ran(self, arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Run something inside to its end."""
        return subprocess.run(self.command(arguments, environment), capture_output=True, text=True, timeout=300)

    def started(self, name: str, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a part as the image does; what it says is in NAME.log."""
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(self.command([*self._stage.entrypoint, *arguments], environment), stdout=log, stderr=log)

    def said(self, name: str) -> str:
        """Return the end of what a part said."""
        return (self._folder / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def entered(self, arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program to its end."""
        return self.ran([*self._stage.entrypoint, *arguments], **environment)

    def healthy(self, url: str) -> bool:
        """Ask with the image's own health check."""
        return self.ran(self._stage.health, READY_URL=url).returncode == 0


class Line:
    """Every part, over a Kafka and a store outside."""

    def __init__(self, image: Image, bootstrap: str, store: LocalClickHouse) -> None:
        self._image = image
        self._store = store.connection(database="footprint")
        self._settings = {
            "FOOTPRINT_KAFKA_BOOTSTRAP": bootstrap,
            "FOOTPRINT_CLICKHOUSE_URL": f"{store.url.replace('//', '//pipeline@')}/footprint",
            "FOOTPRINT_CLICKHOUSE_PASSWORD": self._store.password,
            "FOOTPRINT_WRITE_KEYS": "shop:key",
            "FOOTPRINT_SECRET_KEYS": "a-secret-key-of-the-test-that-signs",
            "FOOTPRINT_COLLECTOR_PORT": str(free_port()),
            "FOOTPRINT_CONSOLE_PORT": str(free_port()),
            "FOOTPRINT_SESSION_UPDATE_S": "1",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
                process.wait(STOP_S)

    def proved(self) -> Iterator[tuple[str, str, str]]:
        """Yield what was looked at, what was seen, and how that must begin."""
        python = ["python", "-c"]
        write = self._image.ran([*python, "open('/app/x', 'w')"])
        yield "its root", "read-only" if "Read-only file system" in write.stderr else write.stderr[-200:], "read-only"
        user = self._image.ran([*python, "import os; print(os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])"])
        yield "its user", user.stdout.strip(), "10001 0000000000000000"
        engine = self._image.ran([*python, "import chdb"])
        yield "the store's engine", "left out" if "ModuleNotFoundError" in engine.stderr else "there", "left out"
        cores = self._image.ran([*python, "from streams.compiled import compiled_home as home; print('compiled' if home() else 'plain')"])
        yield "the streams' cores", cores.stdout.strip(), "compiled"
        for command in (["topics", "create"], ["migrate"]):
            done = self._image.entered(command, **self._settings)
            yield " ".join(command), "done" if done.returncode == 0 else done.stderr[-500:], "done"
        yield from self._parts()

    def _parts(self) -> Iterator[tuple[str, str, str]]:
        ports = {"streams": free_port(), "sink": free_port(), "rebuild": free_port()}
        ports |= {name: int(self._settings[f"FOOTPRINT_{name.upper()}_PORT"]) for name in ("collector", "console")}
        for name, port in ports.items():
            options = [] if name in ("collector", "console") else ["--health-port", str(port)]
            self._running[name] = self._image.started(name, [name, *options], self._settings)
        for name, port in ports.items():
            yield name, self._came_up(name, f"http://127.0.0.1:{port}/ready"), "ready"
        yield "an event", self._stored(ports["collector"]), "in the store"
        for name, process in self._running.items():
            process.terminate()
            code = process.wait(STOP_S)
            yield f"{name}, told to stop", f"ended with {code}" + ("" if code == 0 else f": {self._image.said(name)}"), "ended with 0"

    def _came_up(self, name: str, url: str) -> str:
        try:
            eventually(lambda: self._image.healthy(url) or self._running[name].poll() is not None, START_S, every=0.5)
        except AssertionError:
            return f"not ready after {START_S:.0f} s: {self._image.said(name)}"
        return "ready" if self._running[name].poll() is None else f"ended: {self._image.said(name)}"

    def _stored(self, port: int) -> str:
        body = b'{"anonymousId": "me", "event": "Signed Up", "properties": {"plan": "pro"}}'
        headers = {"Authorization": "Basic " + b64encode(b"key:").decode(), "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/track", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
        client = clickhouse_connect.get_client(dsn=f"{self._store.url}/footprint", username=self._store.user, password=self._store.password)
        try:
            asked = "SELECT count() FROM events WHERE visitor_id = 'me' AND session_id != ''"
            eventually(lambda: client.query(asked).result_rows[0][0] == 1, STORED_S, every=0.5)
        except AssertionError as error:
            return f"not there: {error}"
        finally:
            client.close()
        return "in the store, with its session"
