"""Runs the program against a line, as somebody would in that line's folder."""

import json
import os
import subprocess
import sys
from typing import Any

from footprint.demo.line import PROGRAM, Line
from footprint.settings import PREFIX


def run_program(line: Line, *arguments: str, stdin: bytes = b"", seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `footprint ARGUMENTS... --data-dir D` with the line's settings; returns what it said and its exit code."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments, "--data-dir", str(line.data_dir)],
        cwd=line.folder,
        env=own,
        input=stdin,
        capture_output=True,
        timeout=seconds,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_json(line: Line, *arguments: str, stdin: bytes = b"") -> Any:
    """Run a command that must succeed and return the JSON it prints."""
    done = run_program(line, *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
