"""What somebody looks at is recorded before it is shown, also while Kafka is away; what cannot be recorded is not shown."""

import asyncio
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from console import waiting
from console.app import create_app
from console.core.accounts import User
from console.desk import Outside
from console.journal import KafkaJournal
from console.waiting import WaitingFile
from schemas.audit import AuditEntry
from schemas.codec import loads
from schemas.errors import Retryable
from tests.console.test_console import HASH, PASSWORD, Parts, Store, Users

WHO = {
    "traits": "",
    "stage": "lead",
    "first_seen": datetime(2026, 1, 1, tzinfo=UTC),
    "last_seen": datetime(2026, 1, 2, tzinfo=UTC),
    "interests": {},
    "preferences": {},
    "consent": "",
    "first_channel": "",
} | dict.fromkeys(("value", "orders", "sessions", "page_views", "visitors"), 0)


LISTED = {
    "customer_id": "anna",
    "traits": "",
    "stage": "lead",
    "consent": "",
    "first_channel": "",
    "last_channel": "",
    "place": 1.0,
    **{name: {} for name in ("bands", "scores", "interests", "preferences")},
    **dict.fromkeys(("orders", "value", "sessions", "page_views", "events", "visitors"), 0),
    "first_seen": datetime(2026, 1, 1, tzinfo=UTC),
    "last_seen": datetime(2026, 1, 2, tzinfo=UTC),
    "channels": [],
}


LIVE = {"event_time": datetime(2026, 1, 1, tzinfo=UTC), "customer": "anna", "visitor": "0", "traffic": "human"} | dict.fromkeys(
    ("kind", "name", "page", "channel"), ""
)
SIGNAL = {"fired_at": datetime(2026, 1, 1, tzinfo=UTC), "customer_id": "anna"} | dict.fromkeys(
    ("signal_id", "trigger", "status", "visitor_id", "page"), ""
)


class Kafka:
    """A writer that may be away."""

    def __init__(self):
        self.values, self.away, self.refused = [], False, 0

    async def append(self, topic, key, value, *, longest_s=1.0):
        if self.away:
            self.refused += 1
            raise Retryable("Kafka has not confirmed this.")
        self.values.append(dict(value))


class Rig:
    def __init__(self, folder, **more):
        self.kafka, self.store, self.users, self.now = Kafka(), Store(), Users(), 1_800_000_000.0
        self.waiting = WaitingFile(folder / "audit-waiting")
        self.journal = KafkaJournal(self.kafka, self.waiting)
        self.store.answers["FROM customer("] = [WHO]
        for name, role in {"ada": "analyst", "vera": "viewer", "root": "admin"}.items():
            self.users[name] = User(name, HASH, {"shop": role}, 1, 1)
        written = {"writer": self.kafka, "journal": self.journal, "fingerprint": "{}/{}".format} | more
        outside = Outside(self.store, Parts(), self.users, lambda: ["shop"], ["key"], lambda: self.now, **written)
        self.browser = TestClient(create_app(outside), follow_redirects=False, client=("192.0.2.77", 4711))

    def sign_in(self, name="ada", password=PASSWORD):
        return self.browser.post("/sign-in", data={"name": name, "password": password})

    def get(self, path):
        return self.browser.get(f"/s/shop/{path}")

    def told(self):
        return [(one["made_by"], one["action"], one["customer_id"], one["detail"]) for one in self.kafka.values]


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_every_look_and_every_question_with_rows_is_recorded_with_who_and_whom(rig):
    rig.sign_in()
    assert rig.get("customers/anna").status_code == 200
    assert rig.get("earlier/anna?until=2026-01-01").status_code == 200
    assert rig.get("quality/no_id").status_code == 200
    assert rig.get("sql/customer_why?customer=anna").status_code == 200
    assert rig.get("sql/customer_why").status_code == 200
    assert rig.told() == [
        ("ada", "signed_in", "", ""),
        ("ada", "looked_at_customer", "anna", "customer"),
        ("ada", "looked_at_customer", "anna", "customer, earlier"),
        ("ada", "looked_at_originals", "", "no_id"),
        ("ada", "asked_question", "anna", "customer_why"),
    ]
    entry = rig.kafka.values[1]
    assert AuditEntry(**entry).model_dump(mode="json") == entry
    assert (entry["site"], entry["who"], entry["address"]) == ("shop", "shop/anna", "192.0.2.0")


def test_a_page_of_the_list_is_recorded_once_with_its_filters_and_not_what_was_typed(rig):
    rig.store.answers["AS place"] = [LISTED, LISTED | {"customer_id": "bob"}]
    rig.store.answers["AS found"] = [{"customers": 2, "found": 2}]
    rig.store.answers["arrayJoin"] = [{"of": "stage", "choice": "lead", "customers": 2}]
    rig.sign_in()
    for query in ("", "?stage=lead&text=anna%40example.com", "?text=anna&after=1.0&after_id=aaron", "?stage=anna%40example.com"):
        assert rig.get(f"customers{query}").status_code == 200
    assert rig.get("customers.csv?stage=lead").status_code == 200
    assert rig.told()[1:] == [
        ("ada", "listed_customers", "", "everybody"),
        ("ada", "listed_customers", "", "text, stage=lead"),
        ("ada", "listed_customers", "anna", "text, further page"),
        ("ada", "listed_customers", "", "stage=other"),
        ("ada", "exported", "", "customers, stage=lead"),
    ]
    assert "example.com" not in repr(rig.kafka.values)
    assert "aaron" not in repr(rig.kafka.values)


def test_whoever_watches_people_live_is_recorded_when_they_begin_and_every_ten_minutes(rig):
    rig.store.answers["FROM newest"] = [LIVE]
    rig.sign_in()
    for minute in (0, 5, 10, 15, 19, 20):
        rig.now = 1_800_000_000.0 + 60 * minute
        assert rig.get("live" if minute == 0 else "live/rows").status_code == 200
    assert rig.told()[1:] == [("ada", "listed_customers", "", "live")] * 3


def test_signals_are_recorded_where_they_name_somebody(rig):
    rig.store.answers["ORDER BY fired_at DESC"] = [SIGNAL]
    rig.sign_in()
    assert rig.get("signals").status_code == 200
    assert rig.told()[1:] == [("ada", "listed_customers", "", "signals")]


def test_pages_about_nobody_are_not_recorded(rig):
    rig.sign_in()
    for path in ("overview", "live", "health", "signals", "tasks"):
        assert rig.get(path).status_code == 200
    assert rig.told() == [("ada", "signed_in", "", "")]


def test_refusals_are_recorded_and_no_name_is_kept_that_nobody_has(rig):
    rig.sign_in("vera", "wrong")
    rig.sign_in("hunter2 is my password", PASSWORD)
    rig.sign_in("vera")
    assert rig.get("quality/no_id").status_code == 403
    assert rig.browser.get("/s/blog/health").status_code == 404
    assert [one[:2] + one[3:] for one in rig.told()] == [
        ("vera", "sign_in_refused", ""),
        ("(unknown)", "sign_in_refused", ""),
        ("vera", "signed_in", ""),
        ("vera", "refused", "needs analyst"),
        ("vera", "refused", "no such site for this user"),
    ]


def test_while_kafka_is_away_looks_wait_in_a_file_and_reach_it_later_once_each(rig):
    rig.sign_in()
    rig.kafka.away = True
    assert rig.get("customers/anna").status_code == 200
    assert rig.get("customers/bob").status_code == 200
    assert "wait in a file" in rig.get("health").text
    assert "wait in a file" in rig.browser.get("/ready").json()["checks"]["audit"]
    asyncio.run(rig.journal.ship())
    assert len(rig.kafka.values) == 1
    rig.kafka.away = False
    asyncio.run(rig.journal.ship())
    assert [one["customer_id"] for one in rig.kafka.values] == ["", "anna", "bob"]
    asyncio.run(rig.journal.ship())
    assert len(rig.kafka.values) == 3
    assert rig.waiting.is_empty
    assert "wait in a file" not in rig.get("health").text
    assert rig.browser.get("/ready").json()["checks"] == {"audit": "ok"}


def test_metrics_tell_what_took_the_entries_and_what_waits(rig, monkeypatch):
    def figures():
        lines = (line.split(" ") for line in rig.browser.get("/metrics").text.splitlines() if line.startswith("footprint_console_audit"))
        return {name.removeprefix("footprint_console_audit_"): float(value) for name, value in lines if "created" not in name}

    taken = 'entries_total{outcome="%s"}'
    assert figures() == {**{taken % outcome: 0 for outcome in ("kept", "waiting", "refused")}, "waiting_bytes": 0}
    rig.sign_in()
    rig.kafka.away = True
    rig.get("customers/anna")
    waits = figures()["waiting_bytes"]
    assert waits > 100
    monkeypatch.setattr(waiting, "LONGEST", 10)
    rig.get("customers/anna")
    assert figures() == {taken % "kept": 1, taken % "waiting": 1, taken % "refused": 1, "waiting_bytes": waits}
    rig.kafka.away = False
    asyncio.run(rig.journal.ship())
    assert figures()["waiting_bytes"] == 0


def test_who_was_forgotten_meanwhile_is_not_named_again_by_a_look_that_waited_nor_by_a_new_one(tmp_path):
    kafka, gone = Kafka(), set()
    journal = KafkaJournal(kafka, WaitingFile(tmp_path / "waiting"), lambda site, customer: (site, customer) in gone)
    entry = {"entry_id": "1", "site": "shop", "customer_id": "anna", "who": "hash"}
    kafka.away = True
    asyncio.run(journal.write(entry))
    gone.add(("shop", "anna"))
    kafka.away = False
    asyncio.run(journal.ship())
    asyncio.run(journal.write(entry | {"entry_id": "2"}))
    asyncio.run(journal.write(entry | {"entry_id": "3", "customer_id": "bob"}))
    assert [(one["entry_id"], one["customer_id"], one["who"]) for one in kafka.values] == [
        ("1", "", "hash"),
        ("2", "", "hash"),
        ("3", "bob", "hash"),
    ]


def test_nothing_is_shown_that_cannot_be_recorded_but_everybody_may_sign_in_and_see_health(rig, monkeypatch):
    rig.kafka.away = True
    monkeypatch.setattr(waiting, "LONGEST", 10)
    rig.store.answers |= {"FROM newest": [LIVE], "ORDER BY fired_at DESC": [SIGNAL]}
    assert rig.sign_in().status_code == 303
    for path in (
        "live",
        "live/rows",
        "signals",
        "customers/anna",
        "customers",
        "earlier/anna?until=2026-01-01",
        "quality/no_id",
        "sql/customer_why?customer=anna",
    ):
        answer = rig.get(path)
        assert answer.status_code == 503, path
        assert "Nothing is shown that is not recorded" in answer.text
        assert "lead" not in answer.text
    health = rig.get("health")
    assert health.status_code == 200
    assert "cannot be written" in health.text
    monkeypatch.undo()
    assert rig.get("customers/anna").status_code == 200


def test_a_line_that_a_crash_cut_off_is_not_shipped_and_those_before_it_are(tmp_path):
    file = WaitingFile(tmp_path / "waiting")
    file.append(b'{"n":1}')
    with (tmp_path / "waiting").open("ab") as torn:
        torn.write(b'{"n":')
    assert [loads(line) for line in file.take()] == [{"n": 1}]
    file.append(b'{"n":2}')
    assert [loads(line) for line in file.take()] == [{"n": 1}], "the same until it was shipped"
    file.shipped()
    assert [loads(line) for line in file.take()] == [{"n": 2}]


def test_nobody_loses_a_line_to_the_renaming_of_the_file(tmp_path):
    path = tmp_path / "waiting"

    async def write(number):
        await asyncio.to_thread(WaitingFile(path).append, b'{"n":%d}' % number)

    async def all_of_them():
        taken, reader = [], WaitingFile(path)
        writers = asyncio.gather(*map(write, range(60)))
        while not writers.done() or not reader.is_empty:
            taken += await asyncio.to_thread(reader.take)
            await asyncio.to_thread(reader.shipped)
        return taken

    assert sorted(loads(line)["n"] for line in asyncio.run(all_of_them())) == list(range(60))
