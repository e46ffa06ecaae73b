"""An import that was killed is simply run again: its sessions are those of the log."""

import os
import subprocess
import sys

import pytest

from footprint.demo.line import PROGRAM
from footprint.settings import PREFIX
from tests.support.accesslog import LOG, counted, sessions_by_visitor
from tests.support.commands import ask, run_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "other"
A_SECOND = "20"
"""Events that the first import may send a second: half a minute lies between its two batches, and there it is killed."""


def test_an_import_killed_half_way_continues_where_it_stopped_and_its_sessions_are_those_of_the_log(line):
    arguments = ["import", str(LOG), "--site", SITE, "--json", "--data-dir", str(line.data_dir)]
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    first = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments, "--rate", A_SECOND], cwd=line.folder, env=own)

    def stored():
        return ask(line, f"SELECT toUInt32(uniqExact(event_id)) FROM events_raw WHERE site = '{SITE}'")[0][0]

    try:
        eventually(lambda: stored() > 0, 60)
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()

    found, _ = counted(SITE)
    events = found["page_view"] + found["click"]
    second = run_json(line, "import", str(LOG), "--site", SITE, "--json")
    assert second["accepted"] + second["already_there"] == events
    assert second["already_there"] > 0
    assert second["accepted"] > 0
    assert stored() == events
    rows = ask(
        line, f"SELECT visitor_id, toUnixTimestamp(started_at), toUnixTimestamp(ended_at), events FROM sessions WHERE site = '{SITE}'"
    )
    assert sorted((row[0], float(row[1]), float(row[2]), row[3]) for row in rows) == sessions_by_visitor(SITE)
    assert run_json(line, "import", str(LOG), "--site", SITE, "--json")["already_there"] == events
