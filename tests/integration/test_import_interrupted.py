"""An import that was killed is simply run again."""

import os
import subprocess
import sys

import pytest

from footprint.demo.line import PROGRAM
from footprint.settings import PREFIX
from tests.support.commands import run_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "other"
LINES = 6000


def log_of(lines):
    """Write a log of visitors that each come back after twenty minutes, and again after eighty: two sessions each."""
    text = '10.0.{}.{} - - [02/Mar/2016:{:02}:{:02}:00 +0000] "GET /page/{} HTTP/1.1" 200 9 "-" "Mozilla/5.0"\n'
    return "".join(text.format(n // 3 // 250, n // 3 % 250, 10 + n % 3 // 2, n % 3 * 20 % 60, n) for n in range(lines))


def test_an_import_killed_half_way_continues_where_it_stopped(line, tmp_path):
    path = tmp_path / "access.log"
    path.write_text(log_of(LINES), "utf-8")
    arguments = ["import", str(path), "--site", SITE, "--json", "--data-dir", str(line.data_dir)]
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    first = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments, "--rate", "1000"], cwd=line.folder, env=own)

    def stored():
        sql = f"SELECT toUInt32(uniqExact(event_id)) FROM events_raw WHERE site = '{SITE}'"
        return run_json(line, "sql", "--format", "JSONCompact", sql)["data"][0][0]

    try:
        eventually(lambda: stored() > 0, 60)
    finally:
        first.kill()
        first.wait()

    second = run_json(line, "import", str(path), "--site", SITE, "--json")
    assert second["accepted"] + second["already_there"] == LINES
    assert second["already_there"] > 0
    assert stored() == LINES
    sql = f"SELECT toUInt32(events), toUInt32(count()) FROM sessions WHERE site = '{SITE}' GROUP BY events ORDER BY events"
    assert run_json(line, "sql", "--format", "JSONCompact", sql)["data"] == [[1, LINES // 3], [2, LINES // 3]]
    assert run_json(line, "import", str(path), "--site", SITE, "--json")["already_there"] == LINES
