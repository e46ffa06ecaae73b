"""Puts the SDKs into folders of their own, from their locked packages, once for each lock file."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "sdks"


def python_packages():
    """Return a folder for PYTHONPATH: apart from ours, because one SDK needs an older python-dateutil than we do."""
    folder = _folder("python", HERE / "requirements.lock")
    if not folder.exists():
        being_made = _being_made(folder)
        _run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps",
             "--target", being_made, "-r", HERE / "requirements.lock", cwd=HERE)  # fmt: skip
        being_made.rename(folder)
    return folder


def node_packages(here=HERE, what="the SDKs for Node and browsers"):
    """Return a folder that holds the node_modules of a lock file; skips the test where there is no Node."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(f"Node and npm are not installed: {what} were not tried")
    folder = _folder("node", here / "package-lock.json")
    if not folder.exists():
        being_made = _being_made(folder)
        being_made.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(here / name, being_made / name)
        # `npm ci` wants every optional platform package of a transitive dependency in the lock; this obeys the lock's hashes too
        _run("npm", "install", "--no-save", "--ignore-scripts", "--omit=optional", cwd=being_made)
        being_made.rename(folder)
    return folder


def _folder(kind, lock):
    return CACHE / f"{kind}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _being_made(folder):
    """A folder that an interrupted run leaves half filled is never taken for a whole one."""
    path = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(path, ignore_errors=True)
    return path


def _run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
