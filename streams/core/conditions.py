"""The `where` of a trigger: whom it is about (docs/semantics.md, section 7)."""

from typing import Any

from streams.core import scores, stages
from streams.core.counting import AT, MEETS, Match
from streams.core.subject import Subject
from streams.core.triggers import Where


def met_on_arrival(subject: Subject, where: Where, event: dict[str, Any]) -> int:
    """Return 1 when an event has a consent that is asked for and the scores have such bands now, else 0: it is kept so."""
    consents = not where.consents or event.get("consent", "") in where.consents
    return int(consents and all(scores.band_at(subject, score, event["received_at"]) in bands for score, bands in where.bands))


def meets(subject: Subject, where: Where, match: Match) -> bool:
    """True when the event of a match met what is asked, the stage being that as of its time."""
    if len(match) > MEETS and not match[MEETS]:
        return False
    return not where.stages or stages.stage_at(subject, match[AT]) in where.stages


def meets_now(subject: Subject, where: Where, at: int) -> bool:
    """True when the subject meets at a time what is asked; consent is not asked."""
    bands = all(scores.band_at(subject, score, at) in bands for score, bands in where.bands)
    return bands and (not where.stages or stages.current(subject) in where.stages)
