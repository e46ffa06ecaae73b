"""The short form of `make chaos PART=collector`, and the comparison that decides it."""

from collections import Counter

import pytest

from tests.chaos.clients import Ledger
from tests.chaos.torment import SHORT, broken_promises, torment

pytestmark = pytest.mark.kafka


async def test_what_is_answered_200_is_stored_whatever_is_killed(tmp_path):
    verdict = await torment(tmp_path, list(SHORT))
    assert verdict.broken == []
    assert len(verdict.ledger.answered) > 200


def told(**ids):
    return Ledger(**{name: set(found) for name, found in ids.items()})


def stored(*ids):
    return Counter(ids), [{"event_id": event, "visitor_id": "v"} for event in ids]


@pytest.mark.parametrize(
    ("ledger", "found", "broken"),
    [
        (told(sent=["p1", "i2"], answered=["p1"], refused=["i2"]), ["p1"], None),
        (told(sent=["i1", "i2"], answered=["i2"], cut=["i1"]), ["i2", "i1", "i2"], "out of its visitor's order"),
        (told(sent=["i1"], answered=["i1"]), [], "answered 200 and not stored"),
        (told(sent=["i1"]), [], "neither stored nor refused"),
        (told(sent=["p1"], refused=["p1"]), [], "sent until answered 200"),
        (told(), ["p1"], "never sent"),
    ],
)
def test_the_comparison_finds_what_isbroken_promises(ledger, found, broken):
    found = broken_promises(ledger, *stored(*found))
    assert found == [] if broken is None else any(broken in one for one in found)
