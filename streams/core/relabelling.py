"""A session's label reaches what was already published: the session's record says it, and a `label` line the subjects.

The line goes to every subject that events of the session were published for, and names every id the session has had. A
subject keeps the label with the highest version, so lines may overtake one another on their way.
"""

from bisect import insort
from typing import Any

from schemas.codec import partition_of
from schemas.topics import TRACKED
from streams.core.labels import HUMAN, imposed, rank_of, shape_reasons
from streams.core.rules import Shape
from streams.core.sessions import FORMER, ID, LABEL, NEVER_TOLD, SUBJECTS, TIED, TOLD, TOTALS, Session
from streams.core.totals import HOURS, LABELS, SECONDS, SNIPPET_VIEWS, TRAFFIC
from streams.core.work import Outputs, Value

LINE_FIELDS = ("event_id", "site", "visitor_id", "kind", "event_time", "sent_at", "received_at", "ts_source", "skew_ms")
MAX_SUBJECTS = 8
"""Customers that events of one session were published for, of which track is kept."""


def judge(session: Session, shape: Shape) -> None:
    """Label a session by what it holds now."""
    reasons = shape_reasons(session[TOTALS], shape)
    session[LABEL] = [rank_of(session[TOTALS], reasons), reasons]


def is_usual(session: Session, shape: Shape, customer: str) -> bool:
    """True when a session was, is and stays human, and its customer is known to it: there is nothing to judge, or to tell."""
    totals = session[TOTALS]
    return bool(
        session[TOLD] == NEVER_TOLD
        and totals[TRAFFIC] == HUMAN
        and not session[LABEL][0]
        and not session[LABEL][1]
        and totals[SNIPPET_VIEWS] < shape.views_unengaged
        and totals[SECONDS][1] <= shape.events_per_second
        and totals[HOURS][1] <= shape.views_per_hour
        and customer in session[SUBJECTS]
    )


def must_tell(session: Session, customer: str, *, changed: bool) -> bool:
    """Note that an event of a customer (empty: unknown) is in a session; True when its label must be told (again).

    `changed`: the session took in others, or loose events, with the ids that they are known by.
    """
    subjects = session[SUBJECTS]
    new = customer not in subjects and len(subjects) < MAX_SUBJECTS
    if new:
        insort(subjects, customer)
    rank, told = imposed(session[TOTALS], session[LABEL][0]), session[TOLD]
    if rank == told or (rank == HUMAN and told == NEVER_TOLD):
        return rank != HUMAN and (new or changed)
    session[TOLD] = rank
    return True


def tell(session: Session, tracked: dict[str, Any], value: Value, *, out: Outputs, partitions: int) -> None:
    """Send the label of a session to its subjects. `value` is the visitor's state: it counts the versions."""
    value["labelled"] = version = value.get("labelled", 0) + 1
    ids = [session[ID], *(former[0] for former in session[FORMER]), *session[TIED]]
    props = {"sessions": ids, "traffic": LABELS[session[TOLD]], "version": version}
    line = {"control": "label"} | {name: tracked[name] for name in LINE_FIELDS} | {"props": props}
    for customer in session[SUBJECTS]:
        owner = customer or tracked["visitor_id"]
        out.write_line(TRACKED, partition_of(tracked["site"], owner, partitions), line | {"customer_id": customer})
    out.counts["sessions_relabelled"] += 1
