"""Keys and suppressions on a running line: made, used, taken back, without a restart."""

import httpx2
import pytest

from footprint import suppressing
from footprint.parts.run_file import read_run
from footprint.settings import Settings
from tests.support.commands import ask, run_json, run_program
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "made-while-running"


def send(line, key, customer, message_id):
    message = {"userId": customer, "event": "Signed Up", "messageId": message_id}
    return httpx2.post(f"{read_run(line.data_dir).collector}/v1/track", json=message, headers={"x-write-key": key}, timeout=20)


def stored(line):
    query = f"SELECT event_id FROM events WHERE site = '{SITE}' ORDER BY event_id"
    return [row[0] for row in ask(line, query)]


def test_a_key_made_while_the_line_runs_stores_events_until_it_is_taken_back(line):
    key = run_json(line, "keys", "create", "--site", SITE, "--json")["key"]
    eventually(lambda: send(line, key, "anna", "e1").status_code == 200)
    suppressing.suppress(Settings(data_dir=line.data_dir), SITE, ["bea"])
    eventually(lambda: send(line, key, "bea", "e2").json()["rejected"] == 1)
    assert send(line, key, "carl", "e3").json()["accepted"] == 1
    eventually(lambda: {"e1", "e3"} <= set(stored(line)), 60)
    assert run_program(line, "keys", "revoke", key, "--site", SITE).returncode == 0
    eventually(lambda: send(line, key, "anna", "e4").status_code == 401)
    assert send(line, key, "anna", "e5").json()["code"] == "unknown_key"
    assert "e5" not in stored(line)
