"""*Tracking plan*: seen by all, proposed by analysts, published by admins, and never altered."""

import json
import re
from datetime import UTC, datetime

import pytest

from console.core.accounts import User
from console.ports import Nowhere
from footprint.plans import Shelf
from footprint.settings import Settings
from schemas.errors import Retryable
from tests.console.test_console import HASH, Rig

FIRST = "mode: reject\nevents:\n  Signed Up:\n    schema:\n      required: [plan]\n"
AT = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = [{"kind": "custom", "name": name, "events": 3, "last": AT} for name in ("Signed Up", "Opened <b>", "")]
SAMPLE = [{"kind": "custom", "name": "Signed Up", "properties": json.dumps(told)} for told in ({}, {"plan": "pro"}, {"seats": 1})]


class Journal(Nowhere):
    def __init__(self):
        self.entries, self.error = [], None

    async def write(self, entry):
        if self.error:
            raise self.error
        self.entries.append((entry["action"], entry["made_by"], entry["detail"]))


@pytest.fixture
def rig(tmp_path):
    shelf = Shelf(Settings(data_dir=tmp_path, write_keys="shop:k,blog:b"))
    rig = Rig(plans=shelf, journal=Journal())
    rig.shelf = shelf
    rig.users["ann"] = User("ann", HASH, {"shop": "analyst"}, 1, 1)
    rig.store.answers |= {"GROUP BY kind, name": SEEN, "AS beside": [{"events": 9, "beside": 9}], "toJSONString": SAMPLE}
    return rig


def send(rig, path, **fields):
    return rig.browser.post(f"/s/shop/{path}", data={"csrf": rig.csrf()} | fields)


def test_a_site_without_a_plan_is_shown_what_came_and_how_to_begin(rig):
    rig.sign_in("ann")
    text = rig.browser.get("/s/shop/plan").text
    assert "No plan yet" in text
    assert "Opened &lt;b&gt;" in text
    assert "plan/proposal" in text


def test_a_viewer_sees_the_plan_and_proposes_nothing(rig):
    rig.shelf.publish("shop", FIRST, by="ada <b>", note="the first")
    rig.sign_in("vera")
    text = rig.browser.get("/s/shop/plan").text
    assert "Version 1" in text
    assert "ada &lt;b&gt;: the first" in text
    assert "plan/proposal" not in text
    assert "2 of 3" in rig.browser.get("/s/shop/plan/sample").text
    assert rig.browser.get("/s/shop/plan/history").status_code == 200
    assert "`" not in rig.browser.get("/s/shop/plan/versions/1").text
    assert rig.browser.get("/s/shop/plan/proposal").status_code == 403
    for path in ("plan/proposal/check", "plan/proposal/publish"):
        assert send(rig, path, plan=FIRST).status_code == 403
    assert rig.shelf.current("shop").version == 1


def test_an_analyst_checks_and_an_admin_publishes(rig):
    rig.shelf.publish("shop", "events: {}", by="ada")
    rig.sign_in("ann")
    proposed = rig.browser.get("/s/shop/plan/proposal").text
    assert "Signed Up" in proposed
    assert "None of the newest events breaks it." in proposed
    assert "Publish</button>" not in proposed
    checked = send(rig, "plan/proposal/check", plan=FIRST, note="because")
    assert (checked.status_code, "2 of 3" in checked.text, 'value="because"' in checked.text) == (200, True, True)
    assert send(rig, "plan/proposal/publish", plan=FIRST).status_code == 403
    rig.sign_in("root")
    assert "Publish</button>" in rig.browser.get("/s/shop/plan/proposal").text
    answer = send(rig, "plan/proposal/publish", plan=FIRST.replace("\n", "\r\n"), note="because")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/s/shop/plan")
    made = rig.shelf.current("shop")
    assert (made.version, made.text, made.by, made.note) == (2, FIRST, "root", "because")
    assert rig.shelf.current("blog") is None
    again = rig.browser.get("/s/shop/plan/proposal?version=1").text
    assert "events: {}" in again


@pytest.mark.parametrize("text", ["events: [", "events: 7", "a: &a [x]\nevents: {x: {schema: {enum: *a}}}", "", "x" * 300_000])
def test_a_proposal_with_a_mistake_is_shown_again_with_what_to_do(rig, text):
    rig.sign_in()
    for path in ("plan/proposal/check", "plan/proposal/publish"):
        answer = send(rig, path, plan=text)
        assert answer.status_code == 422
        assert re.search(r'role="alert">[^<]*Correct it', answer.text)
    assert rig.shelf.current("shop") is None


def test_publishing_needs_the_form_of_the_session(rig):
    rig.sign_in()
    for sent, headers in (({}, {}), ({"csrf": "x"}, {}), ({"csrf": rig.csrf()}, {"origin": "https://evil.example"})):
        answer = rig.browser.post("/s/shop/plan/proposal/publish", data=sent | {"plan": FIRST}, headers=headers)
        assert answer.status_code == 403
    assert rig.shelf.current("shop") is None


def test_a_version_that_is_not_there_is_a_sentence(rig):
    rig.sign_in()
    for path in ("plan/versions/7", "plan/proposal?version=x"):
        answer = rig.browser.get(f"/s/shop/{path}")
        assert (answer.status_code, "Go back to its history" in answer.text) == (404, True)


def test_who_publishes_is_in_the_audit_log_and_nothing_is_published_that_cannot_be_recorded(rig):
    rig.sign_in()
    journal = rig.browser.app.state.desk.outside.journal
    send(rig, "plan/proposal/publish", plan="events: 7")
    assert not [entry for entry in journal.entries if entry[0] == "published"]
    journal.error = Retryable("Kafka is away.")
    assert send(rig, "plan/proposal/publish", plan=FIRST).status_code == 503
    assert rig.shelf.current("shop") is None
    journal.error = None
    assert send(rig, "plan/proposal/publish", plan=FIRST).status_code == 303
    assert journal.entries[-1] == ("published", "root", "tracking plan")
