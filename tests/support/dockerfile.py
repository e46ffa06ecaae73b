"""A Dockerfile's steps one by one where no Docker engine answers: each stage is a folder, each RUN a chroot. Needs root.

It knows the words that deploy/Dockerfile uses, and fails on every other.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOST_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""What an engine gives a build of its network."""
ENTER = 'mount --make-rprivate / && mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -c "$1"'
PASSED_ON = ("PIP_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(slots=True)
class Stage:
    """A stage as it grows: its files, and what the image will say of itself."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the words and what follows each, comments left out and lines joined."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", kept)
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


class Build:
    """Builds `context`/deploy/Dockerfile on `base` (a root file system) below `work`."""

    def __init__(self, context: Path, base: Path, work: Path, arguments: Mapping[str, str]) -> None:
        self._context = context
        self._base = base
        self._work = work
        self._given = dict(arguments)
        self._stages: dict[str, Stage] = {}

    def run(self, text: str) -> Stage:
        """Do every step; returns the last stage."""
        stage, before = None, {}
        for word, rest in instructions(text):
            if word == "FROM":
                stage = self._begin(rest)
            elif stage is None:
                before |= self._argument(rest)
            else:
                getattr(self, f"_{word.lower()}")(stage, rest)
        assert stage is not None, "a Dockerfile has a FROM"
        return stage

    def _argument(self, rest: str) -> dict[str, str]:
        name, _, default = rest.partition("=")
        return {name: self._given.get(name, shlex.split(default)[0] if default else "")}

    def _begin(self, rest: str) -> Stage:
        image, *named = rest.split()
        assert image == "${PYTHON_IMAGE}", image
        root = self._work / f"stage-{len(self._stages)}"
        subprocess.run(["cp", "-a", "--reflink=auto", self._base, root], check=True)
        for path in HOST_FILES:
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy(path, target)
        return self._stages.setdefault(named[1] if named else "", Stage(root))

    def _arg(self, stage: Stage, rest: str) -> None:
        stage.arguments |= self._argument(rest)

    def _env(self, stage: Stage, rest: str) -> None:
        stage.environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))

    def _label(self, stage: Stage, rest: str) -> None:
        assert all("=" in pair for pair in shlex.split(rest)), rest

    def _workdir(self, stage: Stage, rest: str) -> None:
        stage.folder = rest

    def _user(self, stage: Stage, rest: str) -> None:
        stage.user = rest

    def _volume(self, stage: Stage, rest: str) -> None:
        stage.volumes += json.loads(rest)

    def _entrypoint(self, stage: Stage, rest: str) -> None:
        stage.entrypoint = json.loads(rest)

    def _cmd(self, stage: Stage, rest: str) -> None:
        assert json.loads(rest), rest

    def _healthcheck(self, stage: Stage, rest: str) -> None:
        stage.health = json.loads(rest[rest.index("CMD") + 3 :])

    def _copy(self, stage: Stage, rest: str) -> None:
        words, source_root = shlex.split(rest), self._context
        if words[0].startswith("--from="):
            source_root = self._stages[words.pop(0).removeprefix("--from=")].root
        *sources, to = words
        target = stage.root / to.lstrip("/")
        for source in (source_root / name.lstrip("/") for name in sources):
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc") if source_root == self._context else None
                shutil.copytree(source, target, symlinks=True, ignore=ignored, dirs_exist_ok=True)
            else:
                (target if to.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

    def _run(self, stage: Stage, rest: str) -> None:
        own = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        network = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        command = ["unshare", "--mount", "sh", "-c", ENTER, str(stage.root), f"cd {stage.folder} && {rest}"]
        done = subprocess.run(command, env=network | own | stage.arguments | stage.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"RUN {rest}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
