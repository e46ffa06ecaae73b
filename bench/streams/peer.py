"""Quix Streams in an environment of its own, pinned by hash: it does not fit beside our own dependencies."""

import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("quix.lock")
FOLDER = Path(__file__).parents[2] / ".cache" / "quix"


def quix_python() -> str:
    """Return its Python, after making the environment the first time."""
    python, made = FOLDER / "bin" / "python", FOLDER / "made"
    if not made.exists() or made.read_text() != LOCK.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK)]
        subprocess.run(install, check=True)
        made.write_text(LOCK.read_text())
    return str(python)
