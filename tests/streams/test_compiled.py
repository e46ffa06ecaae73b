"""The cores say the same whether they are compiled or not; and only what was compiled of these sources is used."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.codec import loads
from streams.compiled import PACKAGE, compiled_home, home_of

ROOT = Path(__file__).parents[2]


def written(kind):
    command = [sys.executable, "-m", "tests.streams.one_day", kind]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(
    compiled_home() is None, reason="the cores are not compiled here: `make setup` compiles them where there is a C compiler"
)
def test_a_day_is_the_same_compiled_or_not():
    compiled, plain = written("compiled"), written("plain")
    assert len(plain) > 1_000
    assert [pair for pair in zip(compiled, plain, strict=True) if pair[0] != pair[1]] == []


def test_an_edited_core_is_not_served_from_what_was_compiled_before(tmp_path):
    copy = tmp_path / "streams"
    shutil.copytree(PACKAGE, copy)
    assert home_of(copy) == home_of(PACKAGE)
    decay = copy / "core" / "decay.py"
    decay.write_text(decay.read_text() + "\nEDITED = True\n")
    assert home_of(copy) != home_of(PACKAGE)
