"""The whole line over SASL_SSL and HTTPS, with one user a part that has just the rights of `footprint deploy acls`."""

import json
import time
import urllib.error
from datetime import UTC, datetime

import httpx2
import pytest

from footprint.deploy import acls, grants
from footprint.local.ports import LOOPBACK
from tests.security.parts import DATABASE, PARTS, STORE_USERS, SecuredLine
from tests.support.authority import Authority
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.store]

SETTINGS = """
secret_keys = {file = "signing"}
partitions = 2
[sites.shop]
keys = ["shop"]
[webhooks.rep]
url = {file = "address"}
keys = {file = "whsec"}
tells = ["signals", "escalations"]
[sites.shop.tasks."*"]
due_hours = 0.0001
"""
SEGMENTS = '{version: "1", segments: {somebody: {all: [{customer: true}]}}}'


@pytest.fixture(scope="module")
def rep():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def secured(secured_kafka, local_clickhouse, passwords, rep, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secured-line")
    (folder / "footprint.toml").write_text(SETTINGS)
    (folder / "signing").write_text("signing-hunter2")
    (folder / "address").write_text(rep.url("/rep-hunter2"))
    (folder / "whsec").write_text("webhook-key-hunter2\n")
    with SecuredLine(folder, secured_kafka, local_clickhouse, passwords) as running:
        running.operator("migrate", user="migrate")
        for part in PARTS:
            running.start(part)
        running.all_ready()
        yield running


def view(visitor, number, path="/pricing", minutes_ago=0):
    at = datetime.fromtimestamp(time.time() - 60 * minutes_ago, UTC).isoformat()
    named = {"type": "page", "messageId": f"{visitor}-{number}", "anonymousId": visitor, "timestamp": at}
    return named | {"properties": {"url": f"https://shop.example{path}"}}


def sent(secured, *messages, site):
    try:
        secured.send(*messages, site=site)
    except urllib.error.HTTPError as error:
        if error.code == 401:  # the collector has not looked at its keys yet
            return False
        raise
    return True


def stored(secured, visitor):
    return secured.rows(f"SELECT DISTINCT event_id FROM {DATABASE}.events_raw WHERE visitor_id = '{visitor}' ORDER BY 1")


def test_every_part_does_its_work_as_its_own_user(secured, rep, tmp_path):
    (tmp_path / "segments.yaml").write_text(SEGMENTS)
    assert json.loads(secured.operator("segments", "publish", str(tmp_path / "segments.yaml"), "--site", "shop", "--json"))["runs"]
    secured.send(
        view("v1", 1, minutes_ago=9),
        {"type": "identify", "messageId": "i1", "anonymousId": "v1", "userId": "anna"},
        view("v1", 2, minutes_ago=1),
        {"type": "nonsense"},
    )
    eventually(lambda: len(stored(secured, "v1")) == 3, 60)
    for table in (
        "sessions_raw",
        "scores_raw",
        "score_changes_raw",
        "identities_raw",
        "rejected_raw",
        "signals_raw",
        "tasks_raw",
        "deliveries_raw",
        "segments_raw",
    ):
        eventually(lambda table=table: secured.rows(f"SELECT count() FROM {DATABASE}.{table}")[0][0], 60)
    assert eventually(lambda: rep.calls[:1], 60)[0].path == "/rep-hunter2"
    key = json.loads(secured.operator("keys", "create", "--site", "shop", "--secret", "--json"))["key"]
    with httpx2.Client(base_url=f"http://{LOOPBACK}:{secured.ports['collector']}", headers={"authorization": f"Bearer {key}"}) as server:
        eventually(lambda: "somebody" in server.get("/v1/profiles/anna").json().get("segments", {}), 60)
    password = secured.operator("users", "create", "ada", "--role", "admin").strip()
    with httpx2.Client(base_url=f"http://{LOOPBACK}:{secured.ports['console']}", follow_redirects=True, timeout=30) as browser:
        assert browser.post("/sign-in", data={"name": "ada", "password": password}).status_code == 200
        assert "anna" in browser.get("/s/shop/live").text
        assert browser.get("/s/shop/customers/anna").status_code == 200
    looked = f"SELECT made_by, customer_id, length(who) FROM {DATABASE}.audit_raw WHERE action = 'looked_at_customer'"
    assert eventually(lambda: secured.rows(looked), 60) == [("ada", "anna", 32)]


def test_an_operator_imports_publishes_backs_up_and_forgets(secured, rep, tmp_path):
    history = [view("old", number) | {"timestamp": f"2026-01-0{number}T10:00:00Z", "userId": "bob"} for number in (1, 2)]
    (tmp_path / "history.ndjson").write_text("".join(json.dumps(one) + "\n" for one in history) + "broken\n")
    secured.operator("import", str(tmp_path / "history.ndjson"), "--site", "shop", "--format", "segment-ndjson")
    eventually(lambda: len(stored(secured, "old")) == 2, 60)
    eventually(lambda: secured.rows(f"SELECT count() FROM {DATABASE}.customers_raw WHERE customer_id = 'bob'")[0][0], 60)
    assert "bob" in secured.operator("customer", "show", "--site", "shop", "--customer", "bob")
    secured.operator("rules", "publish", "--site", "shop", "streams/models/b2b_scores.yaml", "streams/models/b2b_triggers.yaml")
    key = json.loads(secured.operator("keys", "create", "--site", "shop", "--json"))["key"]
    eventually(lambda: sent(secured, view("v2", 1), site=key), 60)
    secured.operator("backup", "create", "--name", "secured", "--data-dir", str(secured.store.folder))
    secured.operator("customer", "forget", "--site", "shop", "--customer", "bob", "--yes")
    assert stored(secured, "old") == []
    secured.operator("replay", "--sessions", "--scores", "--site", "shop", "--from", "2026-01-01", "--to", "2026-01-02")
    said = secured.operator("doctor", fails=True)
    for check in ("broker", "topics", "store", "schema", "certs"):
        assert f"{check}" in said
    assert "refuses" not in said
    told = eventually(lambda: [json.loads(call.body) for call in rep.calls if b"task.escalated" in call.body], 60)
    assert told[0]["data"]["customer_id"] == "anna", "of the task that nobody has done while all this went on"


def test_statements_of_each_part_stay_within_its_grants(secured):
    opened = {("CREATE", "*"), ("DROP", "*")}  # of the database that shows a backup, which has a grant by its name
    for part in STORE_USERS:
        allowed = (opened if part == "operator" else set()) | {
            (privilege, grant.table) for grant in grants.rights()[part] for privilege in grant.privileges
        }
        beyond = {right for right in secured.asked(part) if right not in allowed and (right[0], "*") not in allowed}
        assert beyond == set(), part
    assert ("INSERT", "ingest_tracked") in secured.asked("sink"), "the statements were seen"
    assert ("SELECT", "rebuild_marks") in secured.asked("rebuild")
    assert ("ALTER DELETE", "events_raw") in secured.asked("operator")


def test_certificates_of_another_authority_take_over_while_everything_runs(secured, tmp_path):
    later = Authority(tmp_path, "later")
    sent = []
    for number in range(30):
        if number == 10:
            secured.renew(later, later.issue("renewed"))
        secured.send(view("v3", number, path="/"))
        sent.append(f"v3-{number}")
    eventually(lambda: secured.start_again() and sorted(sent) == [row[0] for row in stored(secured, "v3")], 120)
    secured.all_ready()


def test_no_part_tells_a_secret(secured):
    told = "".join(secured.log(part).read_text() for part in PARTS)
    assert "hunter2" not in told
    assert secured.store.connection("pipeline").password not in told
    assert acls.user_of("sink") in str(secured.environment("sink")), "the users were those of the rights"
