"""What was turned away is accepted again once the rules allow it."""

import pytest

from collector.core.plans import read_plan
from collector.core.sites import SiteRules
from collector.core.suppression import Suppressions, entry_of
from footprint.readmitting import Door, readmit
from schemas.codec import dumps, loads
from tests.sinks.rows import NOW, insert, rejected
from tests.sinks.schema import client, migrated

pytestmark = pytest.mark.store
__all__ = ["client", "migrated"]

ALWAYS = {"from": "1000000000", "to": str(NOW // 1000 + 10**6)}
STRICT = read_plan({"unplanned": "reject", "events": {"Known": {"mode": "off"}}})
DAY = 86_400_000


def message(name, **fields):
    return {"type": "track", "event": name, "anonymousId": "v", "messageId": f"m-{name}", "timestamp": NOW - 5000, **fields}


def turned_away(client, *messages, **fields):
    rows = [
        rejected(reason="plan_violation", original=dumps(one).decode(), **{"received_at": NOW + n, **fields})
        for n, one in enumerate(messages)
    ]
    insert(client, "rejected", *rows)


def again(migrated, *, plan=None, now=NOW + 1000, suppressions=Suppressions(), **times):  # noqa: B008 - frozen
    told = []
    done = readmit(migrated, Door(SiteRules("demo", plan=plan), suppressions, now), ALWAYS | times, lambda _, lines: told.extend(lines))
    return done, [(owner, loads(line)) for owner, line in told]


def left(client):
    return [row[0] for row in client.rows("SELECT event_id FROM rejected ORDER BY event_id")]


def test_what_the_rules_allow_now_is_accepted_with_its_id_and_times_and_leaves_the_rejected(migrated, client):
    turned_away(client, message("Known"), message("Unknown", properties={"a": 1}))
    done, told = again(migrated, plan=STRICT)
    assert (done.read, done.accepted, dict(done.refused)) == (2, 1, {"plan_violation": 1})
    ((owner, event),) = told
    assert (owner, event["event_id"], event["created_at"], event["received_at"]) == ("v", "m-Known", NOW - 5000, NOW)
    assert client.rows("SELECT count() FROM rejected") == [(1,)]
    done, told = again(migrated)
    assert (done.read, done.accepted, [event["props"] for _, event in told]) == (1, 1, [{"a": 1}])
    assert client.rows("SELECT count() FROM rejected") == [(0,)]
    assert again(migrated)[0].read == 0


def test_what_came_long_ago_comes_as_history(migrated, client):
    turned_away(client, message("Known"))
    ((_, event),) = again(migrated, now=NOW + DAY)[1]
    assert event["historical"]


def test_an_event_without_an_id_gets_the_same_one_in_every_replay(migrated, client):
    turned_away(client, message("Known", messageId=None))
    ((_, first),) = again(migrated)[1]
    turned_away(client, message("Known", messageId=None))
    ((_, second),) = again(migrated)[1]
    assert first["event_id"] == second["event_id"]


def test_what_was_cut_what_is_no_collectors_and_what_lies_outside_the_times_stays(migrated, client):
    turned_away(client, message("Known"), stage="streams")
    turned_away(client, message("Known"), site="other")
    turned_away(client, message("Known"), received_at=NOW - DAY)
    insert(client, "rejected", rejected(original='{"type":"track","ev'), rejected(original="", received_at=NOW + 1))
    done, told = again(migrated, **{"from": str(NOW // 1000 - 60)})
    assert (done.read, done.cut, told) == (2, 2, [])
    assert client.rows("SELECT count() FROM rejected") == [(5,)]


def test_the_forgotten_are_not_let_in_again(migrated, client):
    turned_away(client, message("Known"))
    done, told = again(migrated, suppressions=Suppressions("k", frozenset({entry_of("k", "demo", "v")})))
    assert (dict(done.refused), told) == ({"not_stored": 1}, [])


def test_a_broker_that_is_away_leaves_everything_where_it_is(migrated, client):
    from schemas.errors import Retryable

    def away(site, lines):
        raise Retryable("Kafka is away.")

    turned_away(client, message("Known"))
    with pytest.raises(Retryable):
        readmit(migrated, Door(SiteRules("demo"), Suppressions(), NOW), ALWAYS, away)
    assert client.rows("SELECT count() FROM rejected") == [(1,)]
