"""Triggers, compiled (docs/semantics.md, section 7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from streams.core.lifecycle import STAGES
from streams.core.matching import Matcher, matcher_of
from streams.core.model_text import parse
from streams.core.trigger_text import NO_STAGE, TriggersText, TriggerText, WhereText
from streams.core.when_text import When

MIN_GAP_MS = 300_000
"""How far apart matches are that count, unless a trigger says otherwise."""


@dataclass(frozen=True, slots=True)
class Where:
    """A compiled `where`: bands by score, stages by number, consents. An empty one asks nothing."""

    bands: tuple[tuple[str, frozenset[str]], ...]
    stages: frozenset[int]
    consents: frozenset[str]


EVERYBODY = Where((), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes of the day in a time zone, `begin` to before `end`; over midnight where `end` is less."""

    begin: int
    end: int
    zone: ZoneInfo
    hold: bool

    def until(self, at: int) -> int | None:
        """Return when the quiet hours that hold at a time (Unix milliseconds) end, None when it is not quiet."""
        local = datetime.fromtimestamp(at / 1000, self.zone)
        minute = local.hour * 60 + local.minute
        quiet = self.begin <= minute < self.end if self.begin < self.end else minute >= self.begin or minute < self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=int(minute >= self.end))
        ends = datetime(day.year, day.month, day.day, self.end // 60, self.end % 60, tzinfo=self.zone)
        return max(int(ends.timestamp() * 1000), at + 1)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A compiled trigger. Times are milliseconds of event time.

    `mark` is a hash of the version and of all that is written about the trigger: its state belongs to it.
    """

    name: str
    version: str
    mark: str
    cooldown_ms: int
    where: Where
    quiet: QuietHours | None

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of events that it must be shown."""
        return frozenset()

    @property
    def delay_ms(self) -> int:
        """Return how long after an event it fires."""
        return 0

    @property
    def why(self) -> str:
        """Say why it fires."""
        return ""

    @property
    def payload(self) -> dict[str, Any]:
        """Return what each of its signals says about it."""
        return {}

    @property
    def scores(self) -> frozenset[str]:
        """Return the scores that it asks for."""
        return frozenset(score for score, _ in self.where.bands)

    def signal_id(self, site: str, event_id: str) -> str:
        """Return the id of the signal that an event completes. No customer is in it: a handover keeps it."""
        return sha256(f"{site}\0{self.name}\0{self.version}\0{event_id}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class CountTrigger(Trigger):
    """`count` matches within a sliding window. `distinct` is the field whose values are counted, empty for none."""

    when_kinds: frozenset[str]
    matcher: Matcher
    count: int
    within_ms: int
    min_gap_ms: int
    distinct: str

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of events that it must be shown."""
        return self.when_kinds

    @property
    def why(self) -> str:
        """Say why it fires."""
        return "the count was reached"

    @property
    def payload(self) -> dict[str, Any]:
        """Return what each of its signals says about it."""
        distinct = {"distinct_by": self.distinct} if self.distinct else {}
        return {"count": self.count, "within_s": self.within_ms // 1000, **distinct}


@dataclass(frozen=True, slots=True)
class AbsenceTrigger(Trigger):
    """A match that no event of `unless` follows within a time."""

    when_kinds: frozenset[str]
    matcher: Matcher
    unless_kinds: frozenset[str]
    unless: Matcher
    within_ms: int

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of events that it must be shown."""
        return self.when_kinds | self.unless_kinds

    @property
    def delay_ms(self) -> int:
        """Return how long after an event it fires."""
        return self.within_ms

    @property
    def why(self) -> str:
        """Say why it fires."""
        return "what was waited for did not come"

    @property
    def payload(self) -> dict[str, Any]:
        """Return what each of its signals says about it."""
        return {"within_s": self.within_ms // 1000}


@dataclass(frozen=True, slots=True)
class ThresholdTrigger(Trigger):
    """A score that reaches a value, and with `falls` one that has fallen well below it again."""

    score: str
    reaches: float
    falls: bool

    @property
    def why(self) -> str:
        """Say why it fires."""
        return "the score crossed the threshold"

    @property
    def payload(self) -> dict[str, Any]:
        """Return what each of its signals says about it."""
        return {"score": self.score, "reaches": self.reaches}

    @property
    def scores(self) -> frozenset[str]:
        """Return the scores that it asks for."""
        return frozenset({self.score, *(score for score, _ in self.where.bands)})


def read_triggers(text: str, name: str) -> tuple[Trigger, ...]:
    """Read triggers; `name` is the file's, for messages. Raises Misconfigured for anything that is wrong in it."""
    written = parse(TriggersText, text, name)
    zone = ZoneInfo(written.time_zone)
    return tuple(_COMPILE[found.sort](found, _common(trigger, found, written.version, zone)) for trigger, found in written.triggers.items())


def _common(name: str, text: TriggerText, version: str, zone: ZoneInfo) -> dict[str, Any]:
    quiet = text.quiet_hours
    hours = QuietHours(quiet.begin, quiet.end, zone, quiet.then == "hold") if quiet else None
    mark = sha256(f"{version}\0{zone.key}\0{text.model_dump_json()}".encode()).hexdigest()[:8]
    return {"name": name, "version": version, "mark": mark, "cooldown_ms": text.cooldown, "where": _where(text.where), "quiet": hours}


def _where(text: WhereText | None) -> Where:
    if text is None:
        return EVERYBODY
    bands = tuple((score, frozenset(names)) for score, names in text.band.items())
    stages = frozenset(0 if name == NO_STAGE else STAGES.index(name) for name in text.stage or ())
    return Where(bands, stages, frozenset(text.consent or ()))


def _matching(when: When | None) -> tuple[frozenset[str], Matcher]:
    if when is None:
        raise AssertionError("a trigger without `when` was validated")
    return frozenset(kind.value for kind in when.kind), matcher_of(when)


def _count(text: TriggerText, common: dict[str, Any]) -> Trigger:
    kinds, matcher = _matching(text.when)
    gap = (0 if text.distinct_by else MIN_GAP_MS) if text.min_gap is None else text.min_gap
    distinct = text.distinct_by or ""
    return CountTrigger(
        **common, when_kinds=kinds, matcher=matcher, count=text.count or 1, within_ms=text.within or 1, min_gap_ms=gap, distinct=distinct
    )


def _absence(text: TriggerText, common: dict[str, Any]) -> Trigger:
    kinds, matcher = _matching(text.when)
    unless_kinds, unless = _matching(text.unless)
    return AbsenceTrigger(**common, when_kinds=kinds, matcher=matcher, unless_kinds=unless_kinds, unless=unless, within_ms=text.within or 1)


def _threshold(text: TriggerText, common: dict[str, Any]) -> Trigger:
    return ThresholdTrigger(**common, score=text.score or "", reaches=text.reaches or 0.0, falls=text.falls)


_COMPILE = {"count": _count, "absence": _absence, "threshold": _threshold}
