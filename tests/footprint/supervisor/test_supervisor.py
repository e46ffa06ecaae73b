"""The supervisor starts parts, starts again what dies, stops in order, and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from footprint.supervisor.part import last_lines, log_of
from footprint.supervisor.spawn import LOG_BYTES, kill, spawn
from footprint.supervisor.supervisor import Supervisor
from schemas.errors import Retryable
from tests.footprint.supervisor.dummy import FAILING, STUBBORN, part, pid_of
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[3]


def runs(pid):
    """True while the process exists and is not only waiting to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.02)


class Told(list):
    def __call__(self, part, what):
        self.append(f"{part.name} {what}")

    def has(self, words):
        return any(words in line for line in self)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
async def supervisor(tmp_path, told):
    supervisor = Supervisor(tmp_path, tell=told)
    yield supervisor
    supervisor.kill_all()


async def test_parts_start_and_stop_in_the_given_order(tmp_path, supervisor, told):
    await supervisor.start([part(tmp_path, "one"), part(tmp_path, "two")])
    pids = supervisor.pids()
    assert pids == {"one": pid_of(tmp_path, "one"), "two": pid_of(tmp_path, "two")}
    assert told.has("one ready after")
    await supervisor.stop(["two", "one"])
    assert (tmp_path / "stopped").read_text().split() == ["two", "one"]
    assert not any(map(runs, pids.values()))


async def test_a_killed_part_is_started_again(tmp_path, supervisor, told):
    await supervisor.start([part(tmp_path, "one")])
    first = pid_of(tmp_path, "one")
    os.kill(first, signal.SIGKILL)
    await until(lambda: pid_of(tmp_path, "one") != first)
    await until(lambda: told.has("ready again"))
    assert told.has("one ended with -9, starts again in 0.2 s")
    assert supervisor.pids() == {"one": pid_of(tmp_path, "one")}
    assert runs(pid_of(tmp_path, "one"))


async def test_a_part_that_keeps_dying_is_started_ever_more_slowly(tmp_path, supervisor, told):
    await supervisor.start([part(tmp_path, "one")])
    for wait in ("0.2", "0.4", "0.8"):
        before = pid_of(tmp_path, "one")
        os.kill(before, signal.SIGKILL)
        await until(lambda wait=wait: told.has(f"starts again in {wait} s"))
        await until(lambda before=before: pid_of(tmp_path, "one") not in (0, before))


async def test_a_part_that_fails_to_start_says_its_last_words(tmp_path, supervisor):
    with pytest.raises(Retryable, match=r"(?s)one ended with 3.*port 1 is taken.*one\.log"):
        await supervisor.start([part(tmp_path, "one", FAILING)])


async def test_a_part_that_does_not_stop_is_killed_after_its_time(tmp_path, supervisor, told):
    await supervisor.start([part(tmp_path, "one", STUBBORN, stop_s=0.2)])
    pid = pid_of(tmp_path, "one")
    await supervisor.stop(["one"])
    assert not runs(pid)
    assert told.has("one did not stop within")


async def test_a_stopped_part_stays_stopped(tmp_path, supervisor):
    await supervisor.start([part(tmp_path, "one"), part(tmp_path, "two")])
    os.kill(pid_of(tmp_path, "one"), signal.SIGKILL)
    await supervisor.stop(["one", "two"])
    assert supervisor.pids() == {}
    assert not runs(pid_of(tmp_path, "one"))
    assert not runs(pid_of(tmp_path, "two"))


async def test_a_part_that_cannot_be_started_again_ends_the_supervision(tmp_path, supervisor, monkeypatch):
    await supervisor.start([part(tmp_path, "one")])

    def refuse(*_):
        raise OSError("no more processes")

    monkeypatch.setattr("footprint.supervisor.supervisor.spawn", refuse)
    os.kill(pid_of(tmp_path, "one"), signal.SIGKILL)
    with pytest.raises(OSError, match="no more processes"):
        async with asyncio.timeout(20):
            await supervisor.watch()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent died")
def test_nothing_is_left_after_the_supervisor_is_killed_with_9(tmp_path):
    program = [sys.executable, "-m", "tests.footprint.supervisor.dummy", str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE) as supervising:
        assert supervising.stdout.readline() == b"ready\n"
        pids = [pid_of(tmp_path, name) for name in ("one", "two")]
        assert all(map(runs, pids))
        supervising.kill()
    eventually(lambda: not any(map(runs, pids)))


def test_a_large_log_is_put_aside_when_its_part_starts(tmp_path):
    one = part(tmp_path, "one")
    log = log_of(tmp_path, one)
    with log.open("wb") as file:
        file.truncate(LOG_BYTES + 1)
    child = spawn(one, tmp_path)
    try:
        eventually(lambda: "runs" in last_lines(log))
        assert log.stat().st_size < 1000
        assert (tmp_path / "one.log.1").stat().st_size == LOG_BYTES + 1
    finally:
        kill(child)
        child.process.wait()
