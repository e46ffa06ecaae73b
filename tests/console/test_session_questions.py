"""Questions about sessions of a period read a copy in the order of time; they say what `sessions_human` says, wherever a start has moved."""

import random

import pytest

from console.questions import question
from tests.sinks.rows import NOW, identity, insert, session

pytestmark = pytest.mark.store

HOUR = 3_600_000
PERIOD = {"site": "demo", "before": str(NOW // 1000 - 28 * 3600), "from": str(NOW // 1000 - 14 * 3600), "to": str(NOW // 1000)}
HUMAN = "FROM sessions_human AS s WHERE site = {site:String} AND started_at < {to:DateTime} AND started_at >= "
NO_DAY = "toDate(0)"
PERSON = "if(customer_id != '', customer_id, visitor_id)"
ASKED = {
    "overview_sessions": " UNION ALL ".join(
        f"""
        SELECT '{part}' AS part, started_at < {{from:DateTime}} AS before, {channel} AS channel, {day} AS day, uniqExact({PERSON}) AS people, count() AS sessions,
            sum(engaged_ms) / 1000 / sessions AS engaged_s, sum(page_views) / sessions AS pages, countIf(s.bounced) / sessions AS bounced,
            countIf(s.engaged) / sessions AS engaged, sum(s.value) AS value
        {HUMAN} {{before:DateTime}} GROUP BY before, channel, day"""
        for part, channel, day in (("all", "''", NO_DAY), ("channel", "s.channel", NO_DAY), ("day", "''", "toDate(started_at)"))
    ),
    "journey_retention": f"""
        WITH active AS (SELECT {PERSON} AS person, toMonday(started_at) AS week {HUMAN} {{from:DateTime}} GROUP BY person, week),
            placed AS (SELECT person, week, min(week) OVER (PARTITION BY person) AS cohort FROM active)
        SELECT cohort, toUInt32((week - cohort) / 7) AS weeks_later, count() AS people, people / first_value(people) OVER (PARTITION BY cohort ORDER BY weeks_later) AS share
        FROM placed GROUP BY cohort, weeks_later""",
}


def told(chance):
    """Records of sessions in any order: starts that move back by up to a day, labels that change, sessions that became others."""
    for number in range(80):
        start = NOW - chance.randrange(30 * HOUR)
        who = {"visitor_id": f"v{number % 9}", "customer_id": chance.choice(["", "", "C"]), "channel": chance.choice(["search", "email"])}
        for version in range(1, chance.randrange(2, 5)):
            start -= chance.choice([0, 0, chance.randrange(20 * HOUR) if version == 2 else 0])
            status = "superseded" if version > 2 and chance.random() < 0.3 else "updated"
            counts = {
                "engaged_ms": chance.randrange(9) * 1000,
                "page_views": version,
                "engaged": version > 1,
                "bounced": version == 1,
                "value": 2.5,
            }
            label = {"traffic": chance.choice(["human", "human", "human", "bot"])}
            yield session(f"s{number}", version=version, started_at=start, ended_at=start + HOUR, status=status, **who, **counts, **label)


@pytest.mark.parametrize("seed", [0])
def test_the_copy_in_the_order_of_time_says_what_the_sessions_say(client, seed):
    chance = random.Random(seed)
    rows = list(told(chance))
    chance.shuffle(rows)
    for at in range(0, len(rows), 60):
        insert(client, "sessions", *rows[at : at + 60])
    insert(client, "identities", identity("v1", "C"), identity("v2", "D"))
    for name, plain in ASKED.items():
        answer = sorted(map(repr, client.dicts(question(name).sql, PERIOD)))
        assert answer == sorted(map(repr, client.dicts(plain, PERIOD))), name
        assert answer
