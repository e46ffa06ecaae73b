"""The sample that a tracking plan is held against: whole footprints, and of a large store a stretch of them."""

import pytest

from console.questions import questions
from tests.sinks.rows import NOW, event, insert

pytestmark = pytest.mark.store

TIMES = {"from": "2026-01-01 00:00:00", "to": "2030-01-01 00:00:00"}


def sample(client, part):
    rows = client.rows(questions()["plan_sample"].sql, {"site": "demo", "part": part, **TIMES})
    return {row[1] for row in rows}


def test_of_a_large_store_a_stretch_of_people_is_looked_at_and_of_a_small_one_everybody(client):
    people = [f"{number:02}" for number in range(20)]
    insert(
        client, "tracked", *(event(f"e{name}", kind="custom", name=name, visitor_id=f"v{name}", customer_id=f"c{name}") for name in people)
    )
    insert(client, "tracked", event("x", kind="custom", name="anonymous", visitor_id="v105", event_time=NOW + 1))
    assert sample(client, 1) == {*people, "anonymous"}
    assert sample(client, 5) == {"09", "10", "anonymous", "11", "12"}
