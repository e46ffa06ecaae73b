"""The label of a whole session, from what its events add up to (docs/semantics.md, section 9).

A session is labelled as its worst event, or `suspect` for its rate and shape. Both follow from the set of its events, so
the label does not depend on their order; it can also be lifted again, when engagement arrives.
"""

from streams.core.rules import Shape
from streams.core.totals import BEST_TRAFFIC, HOURS, LABELS, PAGES, SECONDS, SNIPPET_VIEWS, TRAFFIC, Totals

HUMAN = LABELS.index("human")
SUSPECT = LABELS.index("suspect")


def shape_reasons(totals: Totals, shape: Shape) -> list[str]:
    """Return why a session does not look like a person's, by its rate and shape alone."""
    reasons = ["rate"] if totals[SECONDS][1] > shape.events_per_second else []
    if totals[HOURS][1] > shape.views_per_hour:
        reasons.append("views")
    if totals[SNIPPET_VIEWS] >= shape.views_unengaged and not any(page[1] for page in totals[PAGES].values()):
        reasons.append("no_engagement")
    return reasons


def rank_of(totals: Totals, reasons: list[str]) -> int:
    """Return the rank of a session's label in `LABELS`, from its events and the reasons of its shape."""
    worst: int = totals[TRAFFIC]
    return max(worst, SUSPECT) if reasons else worst


def imposed(totals: Totals, rank: int) -> int:
    """Return the rank that a session imposes on events with a better label of their own; `HUMAN` when there are none."""
    return rank if rank > totals[BEST_TRAFFIC] else HUMAN
