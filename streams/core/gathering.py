"""What profiles are made of, gathered from the topics that say it: each becomes a *fact* on the partition of its subject.

Three small agents share this file. They keep no state but how far they have read. A record that stands in a partition where its
key no longer belongs (`footprint topics grow`) says nothing: it was written again where it does.
"""

from dataclasses import dataclass
from typing import Any

from schemas.codec import key_partition, loads, partition_of, subject_of
from schemas.kinds import Kind
from schemas.topics import PROFILE_FACTS
from streams.core.segments import INTERESTS
from streams.core.work import Arrival, Work

MARKS = (b'"kind":"consent"', b'"control":"link"', b'"control":"forget"')
"""What a record of tracked events must hold to be looked into: nearly none does."""

KEPT_OF_SCORE = ("raw_value", "floor", "ceiling", "half_life_s", "band", "updated_at", "stage", "version")


@dataclass(frozen=True, slots=True)
class Gathering:
    """`partitions` is that of every topic."""

    partitions: int


def of_scores(value: bytes, work: Work, *, rules: Gathering, arrival: Arrival) -> None:
    """Make a fact of a score, or of a score that is no more."""
    site, _, rest = arrival.key.decode("utf-8", "surrogatepass").partition(":")
    subject, _, name = rest.rpartition(":")
    if not (subject and name) or _strayed(arrival, rules):
        return
    kept: Any = None
    if value:
        score = loads(value)
        kept = {field: score[field] for field in KEPT_OF_SCORE}
        if name == INTERESTS:
            kept["reasons"] = score["reasons"]
    _tell(work, rules, site, subject, {"fact": "score", "name": name, "value": kept, "at": arrival.at})


def of_preferences(value: bytes, work: Work, *, rules: Gathering, arrival: Arrival) -> None:
    """Make a fact of what a customer wants to hear of."""
    site, _, customer = arrival.key.decode("utf-8", "surrogatepass").partition(":")
    if not customer or _strayed(arrival, rules):
        return
    choices = loads(value)["choices"] if value else None
    _tell(work, rules, site, f"c:{customer}", {"fact": "preferences", "value": choices, "at": arrival.at})


def of_tracked(value: bytes, work: Work, *, rules: Gathering, arrival: Arrival) -> None:
    """Make facts of consent that was given, of visitors who have become customers, and of who must be forgotten."""
    if not any(mark in value for mark in MARKS):
        return
    for line in value.split(b"\n"):
        if any(mark in line for mark in MARKS):
            _of_line(loads(line), work, rules, arrival.at)


def _of_line(line: dict[str, Any], work: Work, rules: Gathering, at: int) -> None:
    visitor, customer = line.get("visitor_id") or "", line.get("customer_id") or ""
    control = line.get("control")
    if not (visitor or customer):  # a refusal is kept without ids
        return
    if control == "link":
        _tell(work, rules, line["site"], f"v:{visitor}", {"fact": "linked", "value": customer, "at": at})
    elif control == "forget":
        _tell(work, rules, line["site"], subject_of(customer, visitor), {"fact": "forgotten", "at": at})
    elif control is None and line.get("kind") == Kind.CONSENT and line.get("consent"):
        chosen = {"choice": line["consent"], "at": line["event_time"]}
        _tell(work, rules, line["site"], subject_of(customer, visitor), {"fact": "consent", "value": chosen, "at": at})


def _strayed(arrival: Arrival, rules: Gathering) -> bool:
    return key_partition(arrival.key, rules.partitions) != arrival.partition


def _tell(work: Work, rules: Gathering, site: str, subject: str, fact: dict[str, Any]) -> None:
    line = {"site": site, "subject": subject} | fact
    work.out.write_line(PROFILE_FACTS, partition_of(site, subject[2:], rules.partitions), line)
    work.out.counts[fact["fact"]] += 1
