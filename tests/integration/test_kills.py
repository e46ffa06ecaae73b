"""Every part is killed with -9 while events flow: it comes back by itself, and every acknowledged event is stored once."""

import os
import signal

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support.commands import ask
from tests.support.sender import Sender
from tests.support.waiting import eventually

ROUNDS = (("console", "shop", "collector"), ("streams", "profiles", "rebuild"), ("sink", "webhooks", "clickhouse"), ("kafka",))
"""Parts that are killed at the same moment."""


def status(url):
    try:
        answer = httpx2.get(url, timeout=2)
        return answer.json() if answer.status_code == 200 else {}
    except (httpx2.HTTPError, ValueError):
        return {}


def is_stored(line):
    """True when nothing is spooled any more and streams and sink have nothing left to do."""
    health = read_run(line.data_dir).health
    states = [status(health[name]) for name in ("collector", "streams", "profiles", "sink")]
    return all(state.get("ready") and state["lag"] == 0 and state["idle_s"] >= 1 for state in states)


def kill_and_wait(line, sender, parts):
    """Kill parts, and return when each runs again as another process and the line takes and moves events."""
    before = read_run(line.data_dir).pids
    for part in parts:
        os.kill(before[part], signal.SIGKILL)
    eventually(lambda: all(read_run(line.data_dir).pids[part] != before[part] for part in parts), 30)
    count = len(sender.acknowledged)
    eventually(lambda: len(sender.acknowledged) > count + 50, 60)
    health = read_run(line.data_dir).health
    eventually(lambda: all(status(health[name]).get("ready") for name in ("collector", "streams", "profiles", "sink")), 60)


@pytest.mark.timeout(400)
def test_every_acknowledged_event_is_stored_once_although_each_part_was_killed(line):
    run = read_run(line.data_dir)
    assert sorted(part for parts in ROUNDS for part in parts) == sorted(run.pids)
    with Sender(run.collector, site="kills", key="kills") as sender:
        eventually(lambda: len(sender.acknowledged) > 50, 30)
        for parts in ROUNDS:
            kill_and_wait(line, sender, parts)
    eventually(lambda: is_stored(line), 90)
    rows = ask(line, "SELECT event_id FROM events WHERE site = 'kills'")
    stored = [row[0] for row in rows]
    assert len(stored) == len(set(stored))
    assert sender.acknowledged - set(stored) == set()
    assert sender.acknowledged
    counted = ask(line, "SELECT sum(events), count() FROM sessions WHERE site = 'kills'")
    assert int(counted[0][0]) == len(stored)
