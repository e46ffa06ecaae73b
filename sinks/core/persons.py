"""Where the store and the topics keep what belongs to a person: what an export reads and an erasure removes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.codec import dumps
from schemas.topics import (
    AUDIT,
    DELIVERIES,
    EVENTS,
    IDENTITIES,
    MODELS,
    PREFERENCES,
    PREFERENCES_GATHERED,
    PROFILE_FACTS,
    PROFILES,
    PROFILES_STATE,
    REJECTED,
    SCORE_CHANGES,
    SCORES,
    SCORES_GATHERED,
    SEGMENT_DEFINITIONS,
    SEGMENTS,
    SESSIONS,
    SIGNALS,
    SUBJECTS_STATE,
    TASKS,
    TRACKED,
    TRACKED_GATHERED,
    VISITORS_STATE,
)

WRITTEN_OUT = 8
"""Characters from which on an id is looked for anywhere in a text; a shorter one only where it is named as an id."""

ID_FIELDS = ("userId", "user_id", "customer_id", "anonymousId", "anonymous_id", "visitor_id", "previousId", "previous_id")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of a site, and the visitors that are nobody else."""

    site: str
    customer: str
    visitors: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that the person's scores and signals belong to."""
        return (f"c:{self.customer}", *(f"v:{visitor}" for visitor in self.visitors))

    def parts(self, size: int) -> list["Person"]:
        """Return the same person with at most `size` visitors in each."""
        starts = range(0, max(1, len(self.visitors)), size)
        return [Person(self.site, self.customer, self.visitors[start : start + size]) for start in starts]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A table with rows about persons, and the columns that name them."""

    table: str
    visitor: Sequence[str] = ()
    customer: Sequence[str] = ()
    subject: Sequence[str] = ()
    text: Sequence[str] = ()
    visitor_key: Sequence[str] = ()
    """Columns that hold a visitor as `cityHash64(site, visitor)`."""
    customer_key: Sequence[str] = ()
    """Columns that hold a customer as `cityHash64(site, customer)`."""
    exported: bool = True
    """False: it holds no more than other tables that are exported."""
    emptied: Sequence[str] = ()
    """Columns that an erasure empties, where the row itself must stay: all those that name a person."""

    def condition(self, person: Person) -> str:
        """Return what is true of a row about the person. `values_of` fills its placeholders."""
        clauses = [f"{column} = %(customer)s" for column in self.customer]
        clauses += [f"{column} = cityHash64(%(site)s, %(customer)s)" for column in self.customer_key]
        clauses += [f"{column} IN %(visitors)s" for column in self.visitor if person.visitors]
        clauses += [f"{column} IN %(subjects)s" for column in self.subject]
        clauses += [
            f"has(arrayMap(one -> cityHash64(%(site)s, one), %(browsers)s), {column})" for column in self.visitor_key if person.visitors
        ]
        clauses += [f"arrayExists(needle -> position({column}, needle) > 0, %(needles)s)" for column in self.text]
        return f"site = %(site)s AND ({' OR '.join(clauses) or '0'})"


CARRIERS = (
    Carrier("events_raw", visitor=("visitor_id", "previous_id"), customer=("customer_id", "previous_id")),
    Carrier("events_by_time_raw", visitor_key=("visitor_key",), customer_key=("customer_key",), exported=False),
    Carrier("notable_events_raw", visitor_key=("visitor_key",), customer_key=("customer_key",), exported=False),
    Carrier("seen_customers", visitor=("actor",), customer=("customer_id",), exported=False),
    Carrier("customers_raw", customer=("customer_id",), exported=False),
    Carrier("sessions_raw", visitor=("visitor_id",), customer=("customer_id",)),
    Carrier("sessions_by_time_raw", visitor_key=("visitor_key",), customer_key=("customer_key",), exported=False),
    Carrier("session_overrides", visitor=("visitor_id",), exported=False),
    Carrier("session_labels", visitor=("visitor_id",), exported=False),
    Carrier("event_overrides", visitor=("visitor_id",), customer=("customer_id",)),
    Carrier("rebuild_marks", visitor=("visitor_id",), customer=("customer_id",), exported=False),
    Carrier("score_changes_raw", subject=("subject",)),
    Carrier("signals_raw", visitor=("visitor_id",), customer=("customer_id",), subject=("subject",)),
    Carrier("tasks_raw", visitor=("visitor_id",), customer=("customer_id",), subject=("subject",)),
    Carrier("audit_raw", customer=("customer_id",), emptied=("customer_id",)),
    Carrier("segment_changes_raw", visitor=("visitor_id",), customer=("customer_id",), subject=("subject",)),
    Carrier("rejected_raw", text=("original", "message")),
    Carrier("segments_raw", visitor=("visitor_id",), customer=("customer_id",), subject=("subject",)),
    Carrier("scores_raw", visitor=("visitor_id",), customer=("customer_id",), subject=("subject",)),
    Carrier("identities_by_key_raw", visitor_key=("visitor_key",), customer_key=("customer_key",), exported=False),
    Carrier("identities_raw", visitor=("visitor_id",), customer=("customer_id",)),
)
"""Every table that an erasure cleans, in its order: links last, they say whose the visitors are."""

ACKNOWLEDGING = ("segments_raw", "scores_raw", "identities_by_key_raw", "identities_raw")
"""Tables whose tombstones say that the streams have forgotten: cleaned only after those have come."""

OTHER_TABLES: Mapping[str, str] = {
    "rebuild_assignments": "one partition a rebuild, dropped at its end",
    "erasures_raw": "the proof: a keyed hash; visitors only while an erasure is pending",
    "schema_versions": "names no person",
    "deliveries_raw": "calls to addresses: a signal's id, which names no person",
    "page_daily_raw": "counts; an erasure marks its days, which are counted anew without the person",
    "campaign_daily_raw": "counts, as above",
    "rollup_marks": "days",
    "rollup_days": "days",
}
"""Tables that an erasure leaves alone, and why."""

Handling = Literal["expires", "tombstone", "nobody"]

TOPICS: Mapping[str, Handling] = {
    EVENTS.name: "expires",
    TRACKED.name: "expires",
    SESSIONS.name: "expires",
    SCORE_CHANGES.name: "expires",
    SIGNALS.name: "expires",
    REJECTED.name: "expires",
    TASKS.name: "expires",
    AUDIT.name: "expires",
    DELIVERIES.name: "expires",
    SCORES.name: "tombstone",
    IDENTITIES.name: "tombstone",
    PREFERENCES.name: "tombstone",
    VISITORS_STATE.name: "tombstone",
    SUBJECTS_STATE.name: "tombstone",
    MODELS.name: "nobody",
    PROFILE_FACTS.name: "expires",
    PROFILES.name: "tombstone",
    PROFILES_STATE.name: "tombstone",
    SEGMENTS.name: "tombstone",
    SEGMENT_DEFINITIONS.name: "nobody",
    SCORES_GATHERED.name: "nobody",
    PREFERENCES_GATHERED.name: "nobody",
    TRACKED_GATHERED.name: "nobody",
}
"""What becomes of a person in each topic: copies go by retention, or the streams write a tombstone over them; some name nobody."""


def values_of(person: Person) -> dict[str, object]:
    """Return the values of the placeholders of a condition."""
    return {
        "site": person.site,
        "customer": person.customer,
        "visitors": person.visitors,
        "browsers": list(person.visitors),
        "subjects": person.subjects,
        "needles": needles(person),
    }


def needles(person: Person) -> list[str]:
    """Return the texts that betray a person in what was turned away: an id where it is named as one, a long id anywhere."""
    found = []
    for one in (person.customer, *person.visitors):
        quoted = dumps(one).decode()
        found += [f'"{field}":{space}{quoted}' for field in ID_FIELDS for space in ("", " ")]
        found += [one] if len(one) >= WRITTEN_OUT else []
    return found
