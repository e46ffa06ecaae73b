"""The profiles agent: facts become profiles, and profiles are judged by segments (docs/decisions/0028-profiles-and-segments.md).

State of a subject, under `site NUL subject`: `scores` by name, `preferences`, `consent`, `stage`; `segments` by name
`[in, since, version]`, also those it has left; `at`, the moment it was judged as of; `judged`, by which version; `version` of its
record. `due_wall` is the moment at which time alone changes a segment. `due_event` is no time here: it counts publications, so
whoever was judged before the newest comes up.
"""

from dataclasses import dataclass
from typing import Any

from schemas.codec import loads, partition_of
from schemas.topics import PROFILE_FACTS, PROFILES, SEGMENTS
from streams.core.lines import ids_of
from streams.core.segment_book import GENERATION, META, SegmentBook, entry_of
from streams.core.segments import INTERESTS, NEVER, Segments, judge
from streams.core.subject import state_key
from streams.core.work import Arrival, Value, Work

AT_ONCE = 200
"""Subjects of one transaction of timers."""

LATE_MS = 2_000
"""A timer waits so long behind its moment: what was known before that moment has come by then."""

ARRIVED = "arrived"
IN, SINCE, VERSION = range(3)
MARK = b'{"control":"segments",'


@dataclass(slots=True)
class Held:
    """One subject while it is worked on. `touched`: its record must be written."""

    site: str
    name: str
    value: Value
    touched: bool = False

    @property
    def key(self) -> str:
        """Key of the state."""
        return state_key(self.site, self.name)


def absorb(encoded: bytes, work: Work, *, rules: SegmentBook, arrival: Arrival) -> None:
    """Fold a record of facts."""
    held: dict[str, Held] = {}
    for line in encoded.split(b"\n"):
        if line.startswith(MARK):
            _write_all(held, work)
            rules.take(loads(line), work)
        elif line:
            _fold(loads(line), held, work, rules)
    work.meta[ARRIVED] = max(work.meta.get(ARRIVED, 0), arrival.at)
    _write_all(held, work)


def advance(work: Work, *, rules: SegmentBook, now_ms: int, behind: bool) -> bool:
    """Judge whom new segments concern, and those for whom a moment has come; True when there are more."""
    due = work.state.due("event", work.meta.get(GENERATION, 0) - 1, AT_ONCE)
    if not due:
        until = (work.meta.get(ARRIVED, 0) if behind else now_ms) - LATE_MS
        due = work.state.due("wall", until, AT_ONCE)
    else:
        until = 0
    held = {}
    for key in due:
        site, _, name = key.partition("\0")
        held[key] = one = Held(site, name, work.state.get(key) or {})
        catch_up(one, work, rules, until)
    _write_all(held, work)
    return len(due) == AT_ONCE


def _fold(fact: dict[str, Any], held: dict[str, Held], work: Work, book: SegmentBook) -> None:
    key = state_key(fact["site"], fact["subject"])
    one = held.get(key)
    if one is None:
        one = held[key] = Held(fact["site"], fact["subject"], work.state.get(key) or {})
    catch_up(one, work, book, fact["at"])
    if fact["fact"] == "linked":
        _hand_over(one, fact, work, book.partitions)
    elif fact["fact"] == "forgotten":
        one.value = {name: kept for name, kept in one.value.items() if name in ("segments", "version")}
    else:
        _take(one.value, fact)
    one.touched = True
    if _holds_anything(one.value):
        _judge(one, work, book.at(one.site, work), max(one.value.get("at", 0), fact["at"]))


def _take(value: Value, fact: dict[str, Any]) -> None:
    told = fact["value"]
    if fact["fact"] == "score":
        _take_score(value, fact["name"], told)
    elif fact["fact"] == "consent":
        if told["at"] >= value.get("consent", told)["at"]:
            value["consent"] = told
    elif told:
        value["preferences"] = told
    else:
        value.pop("preferences", None)


def _take_score(value: Value, name: str, score: dict[str, Any] | None) -> None:
    """Take in a score; the stage is that of the newest record."""
    scores = value.setdefault("scores", {})
    if score is None:
        scores.pop(name, None)
    else:
        scores[name] = score
    newest = max(scores.values(), key=lambda one: one["version"], default=None)
    value["stage"] = newest["stage"] if newest else ""


def _hand_over(one: Held, fact: dict[str, Any], work: Work, partitions: int) -> None:
    """Let the consent of a visitor go along to whom it has become; scores go by themselves."""
    consent = one.value.pop("consent", None)
    if consent:
        customer = fact["value"]
        line = {"site": one.site, "subject": f"c:{customer}", "fact": "consent", "value": consent, "at": fact["at"]}
        work.out.write_line(PROFILE_FACTS, partition_of(one.site, customer, partitions), line)


def catch_up(one: Held, work: Work, book: SegmentBook, until: int) -> None:
    """Judge as of each moment up to `until` that is due: new segments first, then what time has brought."""
    if not _holds_anything(one.value):
        return
    segments = book.at(one.site, work)
    if one.value.get("judged", "") != segments.version:
        published = entry_of(one.site, work)["at"] if META in work.meta else 0
        _judge(one, work, segments, max(one.value.get("at", 0), published))
    while NEVER < (due := one.value.get("due_wall", NEVER)) <= until:
        _judge(one, work, segments, max(one.value["at"], due))


def _judge(one: Held, work: Work, segments: Segments, at: int) -> None:
    value = one.value
    members = value.setdefault("segments", {})
    moments = []
    for name, segment in segments.segments.items():
        inside, until, why = judge(segment, value, one.name, at=at)
        moments.append(until)
        if inside != bool(members.get(name, (0,))[IN]):
            _move(one, work, name, inside=inside, told=(at, segments.version, why))
    for name in [name for name, kept in members.items() if kept[IN] and name not in segments.segments]:
        _move(one, work, name, inside=False, told=(at, segments.version, [f"version {segments.version} has no such segment"]))
    value["at"], value["judged"] = at, segments.version
    due = min([moment for moment in moments if moment > at], default=NEVER)
    if due:
        value["due_wall"] = due
    else:
        value.pop("due_wall", None)


def _move(one: Held, work: Work, name: str, *, inside: bool, told: tuple[int, str, list[str]]) -> None:
    """Let a subject enter or leave a segment."""
    at, version, why = told
    one.value["segments"][name] = [int(inside), at, version]
    one.touched = True
    record = {"site": one.site, "segment": name, "subject": one.name, **ids_of(one.name), "state": "in" if inside else "out"}
    work.out.write(SEGMENTS, f"{one.site}:{name}:{one.name}", record | {"since": at, "version": version, "why": why})
    work.out.counts["entered" if inside else "left"] += 1


def _write_all(held: dict[str, Held], work: Work) -> None:
    for one in held.values():
        _write(one, work)
    held.clear()


def _write(one: Held, work: Work) -> None:
    value = one.value
    if not _holds_anything(value):
        _remove(one, work)
        return
    value["due_event"] = work.meta.get(GENERATION, 0)
    if one.touched:
        value["version"] = value.get("version", 0) + 1
        work.out.write(PROFILES, f"{one.site}:{one.name}", _record(one))
    work.state.put(one.key, value)


def _holds_anything(value: Value) -> bool:
    return bool(value.get("scores") or value.get("preferences") or value.get("consent"))


def _remove(one: Held, work: Work) -> None:
    """Nothing is left: the subject was merged or forgotten, and so is all that was published."""
    for name in one.value.get("segments", {}):
        work.out.write(SEGMENTS, f"{one.site}:{name}:{one.name}", None)
    if one.value.get("version"):
        work.out.write(PROFILES, f"{one.site}:{one.name}", None)
    work.state.delete(one.key)


def _record(one: Held) -> Value:
    value = one.value
    scores = value.get("scores", {})
    kept = ("raw_value", "floor", "ceiling", "half_life_s", "band", "updated_at")
    strongest = sorted(scores.get(INTERESTS, {}).get("reasons", []), key=lambda one: -one["points"])
    return {
        "site": one.site,
        "subject": one.name,
        **ids_of(one.name),
        "stage": value.get("stage", ""),
        "scores": {name: {field: score[field] for field in kept} for name, score in sorted(scores.items())},
        "interests": [{"category": one["rule"], "points": one["points"]} for one in strongest],
        "segments": {name: entry[SINCE] for name, entry in sorted(value["segments"].items()) if entry[IN]},
        "preferences": value.get("preferences", []),
        "consent": value.get("consent"),
        "updated_at": value["at"],
        "version": value["version"],
    }
