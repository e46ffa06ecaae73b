"""The clients for Go and Node, built or installed once for each of their lock files, each as a program that prints JSON."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[4] / ".cache" / "clients"
BUILD_S, RUN_S = 540, 60
OLD_GO = "The installed Go is older than the ClickHouse client for Go wants: that client was not tried"


def go_program():
    """Return the command of the client for Go; skips the test where there is no Go, or one that is too old."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed: the ClickHouse client for Go was not tried")
    wanted = re.search(r"^go (\d+)\.(\d+)", (HERE / "go" / "go.mod").read_text(), re.MULTILINE)
    found = re.search(r"go(\d+)\.(\d+)", _run("go", "version", cwd=HERE))
    if tuple(map(int, found.groups())) < tuple(map(int, wanted.groups())):
        pytest.skip(OLD_GO)
    folder = _folder("go", "go.sum", "main.go")
    if not folder.exists():
        being_made = _being_made(folder)
        # Never read by a debugger and run for a second: what costs least to build
        _run("go", "build", "-mod=readonly", "-ldflags=-s -w", "-o", being_made / "client", ".",
             cwd=HERE / "go", env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})  # fmt: skip
        being_made.rename(folder)
    return [folder / "client"]


def node_program():
    """Return the command of the client for Node; skips the test where there is no Node."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node and npm are not installed: the ClickHouse client for Node was not tried")
    folder = _folder("node", "package-lock.json", "client.mjs")
    if not folder.exists():
        being_made = _being_made(folder)
        being_made.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc", "client.mjs"):
            shutil.copy(HERE / "node" / name, being_made / name)
        _run("npm", "install", "--no-save", "--ignore-scripts", cwd=being_made)
        being_made.rename(folder)
    return ["node", folder / "client.mjs"]


def said(command, *arguments, connection, **more):
    """Run a client on a store and return what it prints."""
    own = {
        "ADDRESS": connection.url.removeprefix("http://"),
        "CLIENT": connection.user,
        "PASSWORD": connection.password,
        "DATABASE": connection.database,
    }
    done = subprocess.run(
        [*command, *arguments], env={"PATH": os.environ["PATH"], **own, **more}, capture_output=True, text=True, timeout=RUN_S
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _folder(kind, *names):
    content = b"".join((HERE / kind / name).read_bytes() for name in names)
    return CACHE / f"{kind}-{hashlib.sha256(content).hexdigest()[:16]}"


def _being_made(folder):
    """A folder that an interrupted run leaves half filled is never taken for a whole one."""
    path = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _run(*command, cwd, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=BUILD_S)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
