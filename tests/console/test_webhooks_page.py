"""Admins see what became of calls, test an address, and call again; no address but those of the settings, no URL and no key on any page."""

import json
import re
from datetime import UTC, datetime

import pytest

from footprint.parts.calling import CallsByHand
from footprint.settings import Settings
from schemas.deliveries import Delivery
from sinks.webhooks.core.signing import read_key, signature
from tests.console.test_journal import Kafka, Rig
from tests.sinks.webhooks.signals_made import a_step
from tests.support.receiver import Receiver

NOW = 1_800_000_000_000
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALL = {
    "address": "crm",
    "signal_id": "s1",
    "trigger": "price_page_twice",
    "last_outcome": "given_up",
    "status": 500,
    "took_ms": 12,
    "problem": "status 500",
    "made_by": "",
    "attempts": 40,
    "last_at": datetime(2027, 1, 15, tzinfo=UTC),
}
SIGNAL = {
    "signal_id": "s1",
    "site": "shop",
    "subject": "c:anna",
    "customer_id": "anna",
    "visitor_id": "",
    "trigger": "price_page_twice",
    "version": "1",
    "event_id": "e1",
    "fired_at": NOW,
    "status": "fired",
    "reason": "",
    "payload": '{"url_path": "/pricing"}',
    "at": NOW,
    "revision": 1,
}


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def rig(tmp_path, receiver):
    tables = {
        "crm": {"url": receiver.url("/secret-path"), "keys": (KEY,), "template": "hubspot", "authorization": "Bearer a-secret-token"},
        "blogs": {"url": receiver.url("/other"), "keys": (KEY,), "sites": ("blog",)},
    }
    tables["boss"] = {"url": receiver.url("/boss"), "keys": (KEY,), "shape": "slack", "tells": ("escalations",)}
    tables["crm"]["tells"] = ("signals", "escalations")
    kafka = Kafka()
    rig = Rig(tmp_path, webhooks=CallsByHand(Settings(webhooks=tables), kafka, lambda: NOW))
    rig.calls = kafka
    rig.store.answers["FROM deliveries"] = [CALL]
    rig.store.answers["toJSONString(payload)"] = [SIGNAL]
    rig.sign_in("root")
    return rig


def send(rig, **form):
    csrf = re.search(r'name="csrf" value="([^"]+)"', rig.get("webhooks").text)[1]
    return rig.browser.post("/s/shop/webhooks", data={"csrf": csrf} | form)


def test_an_admin_sees_what_became_of_calls_and_neither_urls_nor_keys(rig):
    text = rig.get("webhooks").text
    for shown in ("crm", "127.0.0.1", "hubspot", "given up", "status 500", "40"):
        assert shown in text
    for hidden in ("secret-path", KEY, "a-secret-token", "blogs"):
        assert hidden not in text


def test_a_test_is_one_signed_call_that_is_kept_with_who_made_it(rig, receiver):
    answer = send(rig, act="test", address="crm")
    assert "crm accepted the call with status 200." in answer.text
    [call] = receiver.calls
    at = int(call.headers["webhook-timestamp"])
    assert call.headers["webhook-signature"] == f"v1,{signature(read_key(KEY), call.headers['webhook-id'], at, call.body)}"
    assert call.headers["authorization"] == "Bearer a-secret-token"
    [kept] = rig.calls.values
    assert Delivery(**kept).model_dump(mode="json") == kept
    assert (kept["site"], kept["made_by"], kept["outcome"], kept["status"], kept["attempt"]) == ("shop", "root", "delivered", 200, 0)
    assert "secret" not in repr(kept)
    assert rig.told()[-1] == ("root", "called_webhook", "", "test of crm")


def test_a_failed_delivery_is_sent_again_under_its_own_id(rig, receiver):
    receiver.behave["/secret-path"] = [503]
    assert "did not accept the call: status 503" in send(rig, act="again", address="crm", signal="s1").text
    assert "accepted the call" in send(rig, act="again", address="crm", signal="s1").text
    assert receiver.ids("/secret-path") == ["s1", "s1"]
    assert [kept["outcome"] for kept in rig.calls.values] == ["failed", "delivered"]
    assert rig.told()[-1] == ("root", "called_webhook", "anna", "again to crm")


def test_an_address_that_is_told_of_escalations_says_so_is_tested_with_one_and_called_again_while_the_task_is_open(rig, receiver):
    assert "signals, escalations" in rig.get("webhooks").text
    send(rig, act="test", address="boss")
    rig.store.answers["toJSONString(payload)"] = []
    rig.store.answers["kind = 'escalated'"] = [a_step(step_id="e1")]
    assert "accepted the call" in send(rig, act="again", address="boss", signal="e1").text
    bodies = [json.loads(call.body) for call in receiver.calls]
    assert [body["text"].split(":")[:2] for body in bodies] == [
        ["*Not done in time", " a test call*"],
        ["*Not done in time", " Call and offer a trial*"],
    ]
    assert receiver.ids("/boss")[1] == "e1"
    assert rig.told()[-1] == ("root", "called_webhook", "anna", "again to boss")
    rig.store.answers["kind = 'escalated'"] = []
    assert send(rig, act="again", address="boss", signal="e1").status_code == 404


def test_nobody_is_called_who_does_not_stand_in_the_settings_or_is_another_sites(rig, receiver):
    for address in ("blogs", "unknown", receiver.url("/x")):
        assert send(rig, act="test", address=address).status_code == 404
        assert send(rig, act="again", address=address, signal="s1").status_code == 404
    rig.store.answers["toJSONString(payload)"] = []
    assert send(rig, act="again", address="crm", signal="withdrawn").status_code == 404
    assert send(rig, act="other", address="crm").status_code == 404
    assert receiver.calls == []


def test_only_admins_see_the_page_its_rows_and_its_buttons(rig, receiver):
    csrf = re.search(r'name="csrf" value="([^"]+)"', rig.get("webhooks").text)[1]
    assert rig.browser.post("/s/shop/webhooks", data={"act": "test", "address": "crm"}).status_code == 403
    rig.sign_in("ada")
    assert rig.get("webhooks").status_code == 403
    assert rig.browser.post("/s/shop/webhooks", data={"csrf": csrf, "act": "test", "address": "crm"}).status_code == 403
    asked = len(rig.store.asked)
    assert "role admin" in rig.get("sql/webhook_calls").text
    assert len(rig.store.asked) == asked
    assert receiver.calls == []


def test_a_call_that_cannot_be_recorded_is_not_made(rig, receiver, monkeypatch):
    monkeypatch.setattr("console.waiting.LONGEST", 1)
    rig.kafka.away = True
    assert send(rig, act="test", address="crm").status_code == 503
    assert receiver.calls == []
