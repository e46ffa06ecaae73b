"""`make up` in a terminal."""

import fcntl
import os
import select
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """#!/usr/bin/env bash
trap 'exit {code}' INT
echo ready
while :; do sleep 0.02; done
"""
CTRL_C = b"\x03"
END_S = 30


@pytest.fixture
def make_up(tmp_path):
    """Press Ctrl-C in a terminal where `make up` runs a program that ends with a code; return make's code and what is shown."""

    def pressed(code):
        program = tmp_path / "footprint"
        program.write_text(PROGRAM.format(code=code))
        program.chmod(0o700)
        order = ["make", "--no-print-directory", "-C", str(ROOT), "-o", ".venv/.compiled", "up", f"BIN={tmp_path}"]
        terminal, theirs = os.openpty()
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        process = subprocess.Popen(order, **streams, start_new_session=True, preexec_fn=take_terminal)  # noqa: PLW1509 - one system call
        os.close(theirs)
        try:
            shown = read_until(terminal, b"ready")
            os.write(terminal, CTRL_C)
            shown += read_until(terminal, None)
            return process.wait(END_S), shown.decode()
        finally:
            os.close(terminal)  # whoever is still there hangs up

    return pressed


def take_terminal():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it may have been ignored where the tests were started in the background
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal, word):
    """Read until a word is shown; `None`: until everybody has left the terminal."""
    shown, deadline = b"", time.monotonic() + END_S
    while word is None or word not in shown:
        assert time.monotonic() < deadline, shown
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # nobody is there any more
            assert word is None, shown
            break
    return shown


def test_ctrl_c_ends_make_up_as_well_as_the_pipeline_ended(make_up):
    code, shown = make_up(0)
    assert (code, "make:" in shown) == (0, False), shown


def test_a_pipeline_that_ended_badly_fails_make_up(make_up):
    code, shown = make_up(3)
    assert (code, "Error 3" in shown) == (2, True), shown
