"""What another model would change, before anybody runs it."""

import pytest

from footprint.dry_run import dry_run, rules_of
from footprint.rescoring import Rescoring
from schemas.errors import Misconfigured
from tests.sinks.rows import NOW, event, identity, insert
from tests.sinks.schema import client, migrated
from tests.streams.core.running import MODELS, RULES

pytestmark = pytest.mark.store
__all__ = ["client", "migrated"]

DAY = 86_400_000
ALWAYS = {"from": "1000000000", "to": str(NOW // 1000 + 10**6)}
TEXT = (MODELS / "scores.yaml").read_text()
GENEROUS = rules_of(TEXT.replace("version: shipped-1", "version: generous").replace("points: 40", "points: 70"))
HALF_LIFE = RULES.model.scores["engagement"].half_life_ms


@pytest.fixture
def rescoring(migrated, client):
    insert(client, "identities", identity("va", "anna"))
    insert(
        client,
        "tracked",
        event("a", visitor_id="va", kind="purchase"),
        event("h", visitor_id="va", kind="purchase", historical=True, event_time=NOW - HALF_LIFE),
        event("b", visitor_id="vb", kind="purchase"),
        event("c", visitor_id="vc", url_path="/pricing"),
        event("m", visitor_id="vm", kind="purchase", traffic="bot"),
        event("o", visitor_id="va", kind="purchase", site="other"),
    )
    return Rescoring(migrated, "demo", RULES, NOW)


def test_who_changes_band_is_counted_and_who_moves_most_is_told_with_the_rule(rescoring):
    found = dry_run(rescoring, GENEROUS, ALWAYS)
    assert (found.version, found.subjects, found.customers, found.changed("engagement")) == ("generous", 4, 1, 1)
    assert found.moves["engagement"] == {("1", "1"): 1, ("2", "1"): 1, ("3", "3"): 1}
    first, second = found.movers
    assert (first.subject, first.before, first.after, first.why) == ("c:anna", 60, 100, (("purchase", 45.0),))
    assert (second.subject, second.before, second.after, second.band_before, second.band_after) == ("v:vb", 40, 70, "2", "1")
    assert found.as_json()["changed"] == {"engagement": 1, "lifecycle": 0}
    assert [mover.subject for mover in dry_run(rescoring, GENEROUS, ALWAYS, top=1).movers] == ["c:anna"]


def test_the_model_that_runs_would_change_nothing(rescoring):
    told = []
    found = dry_run(rescoring, rules_of(TEXT), ALWAYS, watch=lambda done, of: told.append((done, of)))
    assert found.movers == []
    assert not any(found.changed(score) for score in found.moves)
    assert told == [(4, 4)]


def test_a_score_that_is_new_or_gone_moves_everybody_who_has_it(rescoring):
    text = (
        "version: other\nscores:\n  buying:\n    bands: {yes: 1, no: 0}\n    rules:\n      bought: {when: {kind: [purchase]}, points: 5}\n"
    )
    found = dry_run(rescoring, rules_of(text.replace("yes:", "'yes':").replace("no:", "'no':")), ALWAYS)
    assert found.moves["buying"] == {("", "yes"): 2}
    assert ("3", "") in found.moves["engagement"]
    assert {mover.score for mover in found.movers} >= {"buying", "engagement"}


def test_a_site_without_events_is_told_as_such(rescoring):
    from dataclasses import replace

    with pytest.raises(Misconfigured, match="no events"):
        dry_run(replace(rescoring, site="nobodys"), GENEROUS, ALWAYS)
