"""Ways and exits come from one reading of the pages that were seen; they say what the events say."""

import random

import pytest

from console.questions import question
from tests.sinks.rows import NOW, event, insert, session

pytestmark = pytest.mark.store

HOUR = 3_600_000
PERIOD = {"site": "demo", "from": str(NOW // 1000 - 24 * 3600), "to": str(NOW // 1000)}
SEEN = """
SELECT arrayMap(view -> view.2, arraySort(groupArray((event_time, toString(url_path))))) AS pages
FROM events_human
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND session_id != ''
GROUP BY visitor_id, session_id
"""


def told(chance):
    """Views of a few pages by a few browsers: in sessions that merge, that machines have, that are outside the period, and in none."""
    for number in range(240):
        who = chance.randrange(30)
        told = {"kind": chance.choice(["page_view", "page_view", "page_view", "click"]), "url_path": f"/{chance.randrange(4)}"}
        traffic = "bot" if who % 7 == 0 else "human"
        at = NOW - chance.randrange(30 * HOUR)
        yield event(
            f"e{number}", visitor_id=f"v{who}", session_id=f"s{number % 3}" if who % 5 else "", event_time=at, traffic=traffic, **told
        )


@pytest.fixture
def journeys(client):
    """The same events for the question and for the plain statement."""
    rows = list(told(random.Random(0)))
    insert(client, "tracked", *rows, *rows[:40])
    merged = {"status": "superseded", "superseded_by": "s0", "version": 2}
    insert(client, "sessions", *(session("s1", visitor_id=f"v{who}", **merged) for who in range(8)))
    suspect = {"version": 2, "traffic": "suspect", "relabelled": True}
    insert(client, "sessions", *(session("s2", visitor_id=f"v{who}", **suspect) for who in range(4, 12)))
    return client


def test_ways_and_exits_say_what_the_events_say(journeys):
    seen = [row[0] for row in journeys.rows(SEEN, PERIOD)]
    rows = journeys.dicts(question("journey_ways").sql, PERIOD)
    ways = {tuple(row["pages"]): row for row in rows if row["part"] == "way"}
    pages = {row["pages"][0]: row for row in rows if row["part"] == "page"}
    taken = [tuple(page for at, page in enumerate(one) if not at or one[at - 1] != page)[:5] for one in seen]
    assert {way: (row["sessions"], row["share"]) for way, row in ways.items()} == {
        way: (taken.count(way), taken.count(way) / len(taken)) for way in ways
    }
    assert min(row["sessions"] for row in ways.values()) >= max((taken.count(way) for way in taken if way not in ways), default=0)
    assert len(ways) == min(12, len(set(taken)))
    assert {page: (row["sessions"], row["exits"]) for page, row in pages.items()} == {
        page: (sum(page in one for one in seen), sum(one[-1] == page for one in seen)) for page in {page for one in seen for page in one}
    }
    assert [row["exits"] for row in pages.values()] == sorted((row["exits"] for row in pages.values()), reverse=True)


def test_where_nobody_came_there_are_no_ways(journeys):
    assert journeys.dicts(question("journey_ways").sql, PERIOD | {"site": "other"}) == []
