"""Rows of every kind, and ways to lay them on shards inside one engine."""

import re
from dataclasses import replace

from schemas.codec import dumps, join_lines
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import DEDUP_WINDOW, migrate, newest
from sinks.clickhouse.schema import spread
from sinks.core.shards import ROUTES, sharded, single
from tests.sinks.rows import NOW, audited, change, delivery, event, identity, membership, rejected, score, session, signal, step

DAY = 86_400_000
PEOPLE = range(12)
TOPICS = ("tracked", "sessions", "identities", "scores", "score_changes", "signals", "rejected", "tasks", "deliveries", "audit", "segments")


def rows():
    """What two customers in three do in four browsers each, on two days, with links, merges, labels and late sessions."""
    found = {name: [] for name in TOPICS}
    for person in PEOPLE:
        customer = f"c{person % 3}"
        _browser(found, f"v{person}", customer if person % 2 else "", NOW + (person % 2) * DAY + person)
        found["identities"].append(identity(f"v{person}", customer if person % 4 else ""))
    for number in range(3):
        subject = f"c:c{number}"
        mail = {"customer_id": f"c{number}", "kind": "email_open", "message_id": "m", "event_time": NOW + 5, "email_label": "unknown"}
        found["tracked"].append(event(f"mail{number}", **mail))
        found["tracked"].append(event(f"mail{number}", **mail | {"control": "verdict", "revision": 1, "email_label": "human"}))
        found["scores"].append(score(subject, 20.0 + number, stage="lead", half_life_s=0.0))
        found["score_changes"] += [change(subject, rule, 10.0 + number) for rule in ("a", "b")]
        found["signals"].append(signal(f"s{number}", subject=subject))
        found["rejected"].append(rejected(event_id=f"r{number}"))
        found["tasks"] += [step(f"t{number}", customer_id=f"c{number}"), step(f"t{number}", kind="done", at=NOW + 9, made_by="ada")]
        found["deliveries"].append(delivery(f"s{number}"))
        found["segments"].append(membership(subject, "leads"))
        found["audit"].append(audited(f"a{number}", customer_id=f"c{number}"))
    return found


def _browser(found, visitor, customer, at):
    own = {"visitor_id": visitor, "customer_id": customer, "url_host": "shop.example", "channel": "email"}
    for number, kind in enumerate(("page_view", "engagement", "purchase", "page_view")):
        session_id = "" if number == 3 else f"{visitor}-a"
        more = {"engaged_ms": 900} if kind == "engagement" else {"value": 9.5, "currency": "EUR"} if kind == "purchase" else {}
        values = {**own, **more, "session_id": session_id, "url_path": f"/{number % 2}", "event_time": at + number}
        found["tracked"].append(event(f"{visitor}-{number}", kind=kind, **values))
    merged = {"visitor_id": visitor, "started_at": at, "ended_at": at + 3, "channel": "email", "closed": True, "close_reason": "idle"}
    found["sessions"] += [
        session(f"{visitor}-a", version=2, status="superseded", superseded_by=f"{visitor}-b", **merged),
        session(f"{visitor}-c", version=1, joined=[f"{visitor}-3"], **merged),
        session(f"{visitor}-b", version=3, traffic="suspect", traffic_reasons=["rate"], relabelled=True, **merged),
    ]


def fill(client, given):
    for table, found in given.items():
        client.insert(f"ingest_{table}", join_lines(map(dumps, found)), f"t-{table}")


def two_shards(store, names):
    """Make two shards and a database over them; return a client of that one."""
    first, second, over = names
    for name in (first, second):
        migrate(replace(store, database=name))
    root = StoreClient(store)
    layout = replace(sharded(over, DEDUP_WINDOW, "shop"), home=first, placeholders=single(over, DEDUP_WINDOW).placeholders)
    made = spread(layout, over, newest())
    root.command(made[0])
    top = StoreClient(replace(store, database=over))
    for statement in made[1:]:
        top.command(_both(statement, first, second))
    root.close()
    return top


def _both(statement, first, second):
    """The engine has no second shard: what a cluster of both would show, by other words."""
    statement = re.sub(r"Distributed\('shop', '\w+', '(\w+)'.*\)", rf"Merge(REGEXP('^({first}|{second})$'), '^\1$')", statement)
    asked = re.search(r"cluster\('shop', view\((.*)\)\) ORDER", statement)
    if not asked:
        return statement
    return statement.replace(f"cluster('shop', view({asked[1]}))", f"({asked[1]} UNION ALL {asked[1].replace(first, second)})")


def deal(client, shards, given):
    """Put the rows of each topic on the shards, each where its table's route says."""
    for table, found in given.items():
        client.command(f"CREATE TABLE dealt_{table} AS ingest_{table} ENGINE = Memory")
        client.insert(f"dealt_{table}", join_lines(map(dumps, found)))
        for number, shard in enumerate(shards):
            where = f"WHERE {ROUTES[f'ingest_{table}']} % {len(shards)} = {number}"
            client.command(f"INSERT INTO {shard}.ingest_{table} SELECT * FROM dealt_{table} {where}")
        client.command(f"DROP TABLE dealt_{table}")
