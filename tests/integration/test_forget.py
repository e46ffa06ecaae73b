"""Somebody is forgotten while the line runs: in tables, in the streams, and at the collector's door."""

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.support import commands
from tests.support.commands import run_json, run_program
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "forgetful"
ANNA = [
    {"type": "page", "anonymousId": "va", "properties": {"url": "https://shop.example/pricing"}},
    {"type": "identify", "anonymousId": "va", "userId": "anna", "traits": {"company": "Acme"}},
    {"type": "track", "anonymousId": "va", "event": "Order Completed", "properties": {"revenue": 20, "currency": "EUR"}},
    {"type": "track", "userId": "anna", "event": "Email Link Clicked", "properties": {"message_id": "m1"}},
]


def view(number, visitor="vb"):
    return {
        "type": "page",
        "messageId": f"{visitor}-{number}",
        "anonymousId": visitor,
        "properties": {"url": f"https://shop.example/{number}"},
    }


def send(line, *messages):
    answer = httpx2.post(f"{read_run(line.data_dir).collector}/v1/batch", json={"batch": list(messages)}, auth=(SITE, ""), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(line, sql):
    return commands.ask(line, sql, site=SITE)


def stored(line, visitor, count):
    return ask(line, f"SELECT count() FROM events WHERE site = {{site:String}} AND visitor_id = '{visitor}' HAVING count() = {count}")


def test_a_customer_is_exported_forgotten_everywhere_and_never_stored_again(line):
    send(line, *ANNA, view(1))
    eventually(lambda: stored(line, "va", 3) and stored(line, "vb", 1), 60, every=0.2)
    eventually(lambda: ask(line, "SELECT 1 FROM scores WHERE site = {site:String} AND subject = 'c:anna' AND score = 'fit'"), 60, every=0.2)
    eventually(
        lambda: ask(line, "SELECT 1 FROM customers WHERE site = {site:String} AND customer_id = 'anna' AND events = 4"), 60, every=0.2
    )

    export = run_json(line, "customer", "export", "--site", SITE, "--customer", "anna")
    assert (export["visitors"], len(export["events"]), export["profile"]["orders"]) == (["va"], 4, 1)
    assert export["scores"]
    assert export["identities"]

    done = run_json(line, "customer", "forget", "--site", SITE, "--customer", "anna", "--json")
    assert done["complete"]
    assert {"events_raw", "scores_raw", "identities_raw", "score_changes_raw"} <= done["removed"].keys()

    answer = send(line, *ANNA, view(2, "va"), view(2))
    assert answer["success"]
    eventually(lambda: stored(line, "vb", 2), 60, every=0.2)
    assert run_program(line, "customer", "export", "--site", SITE, "--customer", "anna").returncode == 1
    assert (
        ask(line, "SELECT subject FROM scores_raw FINAL WHERE site = {site:String} AND (subject LIKE '%anna' OR subject LIKE '%va')") == []
    )
    assert ask(line, "SELECT count() FROM events_raw WHERE site = {site:String} AND (visitor_id = 'va' OR customer_id = 'anna')") == [[0]]
    assert ask(line, "SELECT status, visitor_count FROM erasures WHERE site = {site:String}") == [["done", 1]]

    again = run_json(line, "customer", "forget", "--site", SITE, "--customer", "anna", "--json")
    assert (again["complete"], again["who"]) == (True, done["who"])
