"""Segments: named filters over a profile. Pure, and no clock: what only time changes is told by the moment at which it will.

A profile is here the value that the state keeps of it (`streams.core.profile_state`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.decay import factor, falls_below
from streams.core.model_text import parse
from streams.core.segment_text import LEAST, ConditionText, SegmentsText, SegmentText
from streams.core.trigger_text import NO_STAGE
from streams.core.work import Value

NEVER = 0
"""Time alone changes nothing."""

INTERESTS = "interests"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether something holds, when time alone will change that (Unix milliseconds, or NEVER), and what was so."""

    holds: bool
    until: int
    told: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: each of `every` holds, one of `some` where there are any, and none of `no`."""

    every: tuple[ConditionText, ...]
    some: tuple[ConditionText, ...]
    no: tuple[ConditionText, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a site, of one version."""

    version: str
    segments: Mapping[str, Segment]


def read_segments(text: str, name: str = "the segments") -> Segments:
    """Read the YAML of segments. Raises Misconfigured with every mistake in it."""
    read = parse(SegmentsText, text, name, checked_by="footprint segments check")
    return Segments(read.version, {name: _segment(one) for name, one in sorted(read.segments.items())})


def _segment(text: SegmentText) -> Segment:
    return Segment(text.all, text.any, text.none)


def judge(segment: Segment, profile: Value, subject: str, *, at: int) -> tuple[bool, int, list[str]]:
    """Return whether a subject is in a segment at a time, when to ask again at the earliest, and why."""
    every = [find(one, profile, subject, at=at) for one in segment.every]
    some = [find(one, profile, subject, at=at) for one in segment.some]
    no = [find(one, profile, subject, at=at) for one in segment.no]
    inside = all(one.holds for one in every) and (not some or any(one.holds for one in some)) and not any(one.holds for one in no)
    moments = [one.until for one in (*every, *some, *no) if one.until > at]
    return inside, min(moments, default=NEVER), [one.told for one in (*every, *some)] + [f"not: {one.told}" for one in no]


def find(condition: ConditionText, profile: Value, subject: str, *, at: int) -> Finding:
    """Return what a condition finds in a profile at a time."""
    if condition.score is not None:
        return _score(condition, condition.score, profile, at)
    if condition.interest is not None:
        return _interest(condition, condition.interest, profile, at)
    if condition.top_interest is not None:
        return _top_interest(condition.top_interest, profile, at)
    if condition.active_within is not None:
        return _active(condition.active_within, profile, at)
    return _plain(condition, profile, subject)


def shown(score: Mapping[str, Any], at: int) -> float:
    """Return the value that a score shows at a time: decayed, within its limits, and 0 where it is next to nothing."""
    value = score["raw_value"] * factor(max(0, at - score["updated_at"]), round(score["half_life_s"] * 1000))
    value = min(max(value, score["floor"]), score["ceiling"])
    return value if abs(value) >= LEAST else 0.0


def last_active(profile: Value) -> int:
    """Return the event time of the last change of a score, 0 for none."""
    return max([score["updated_at"] for score in profile.get("scores", {}).values()], default=0)


def _plain(condition: ConditionText, profile: Value, subject: str) -> Finding:
    """What time alone does not change."""
    if condition.stage is not None:
        stage = profile.get("stage") or NO_STAGE
        return Finding(stage in condition.stage, NEVER, f"stage is {stage}")
    if condition.consent is not None:
        consent = profile.get("consent", {}).get("choice", "")
        return Finding(consent in condition.consent, NEVER, f"consent is {consent or 'not given'}")
    if condition.preference is not None:
        wanted = condition.preference
        opt = opt_of(profile, wanted.channel, wanted.topic)
        return Finding(opt == wanted.opt, NEVER, f"{wanted.channel} about {wanted.topic}: {opt}")
    known = subject.startswith("c:")
    return Finding(known == condition.customer, NEVER, "is a customer" if known else "is no customer yet")


def opt_of(profile: Value, channel: str, topic: str) -> str:
    """Return `in` or `out`: the choice about a topic, else that about all."""
    chosen = {one["topic"]: one["opt"] for one in profile.get("preferences", []) if one["channel"] == channel}
    opt: str = chosen.get(topic, chosen.get(ALL, "in"))
    return opt


def _score(condition: ConditionText, name: str, profile: Value, at: int) -> Finding:
    score = profile.get("scores", {}).get(name)
    if condition.band is not None:
        band = score["band"] if score else ""
        return Finding(band in condition.band, NEVER, f"{name} is in band {band or 'none'}")
    limit = condition.at_least if condition.at_least is not None else condition.below
    assert limit is not None  # the text says so
    reached, until = _reaches(score, limit, at) if score else (False, NEVER)
    value = shown(score, at) if score else 0.0
    return _limited(condition, name, value, reached=reached, until=until)


def _interest(condition: ConditionText, category: str, profile: Value, at: int) -> Finding:
    score = profile.get("scores", {}).get(INTERESTS, {})
    points = next((one["points"] for one in score.get("reasons", []) if one["rule"] == category), 0.0)
    limit = condition.at_least if condition.at_least is not None else condition.below
    assert limit is not None  # the text says so
    if not points:
        return _limited(condition, f"interest in {category}", 0.0, reached=False, until=NEVER)
    falls = falls_at(points, score, limit)
    reached = points >= limit and (falls == NEVER or at < falls)
    value = points * factor(max(0, at - score["updated_at"]), round(score["half_life_s"] * 1000))
    return _limited(condition, f"interest in {category}", value, reached=reached, until=falls if reached else NEVER)


def _limited(condition: ConditionText, what: str, value: float, *, reached: bool, until: int) -> Finding:
    if condition.at_least is not None:
        return Finding(reached, until, f"{what} is {value:.4g} (at least {condition.at_least:g})")
    return Finding(not reached, until, f"{what} is {value:.4g} (below {condition.below:g})")


def _reaches(score: Mapping[str, Any], limit: float, at: int) -> tuple[bool, int]:
    """Return whether a score shows a limit or more, and when it falls below it: by that moment, so that timers and readers agree."""
    if limit > score["ceiling"]:
        return False, NEVER
    if limit <= score["floor"]:
        return True, NEVER
    falls = falls_at(score["raw_value"], score, limit)
    reached = score["raw_value"] >= limit and (falls == NEVER or at < falls)
    return reached, falls if reached else NEVER


def falls_at(value: float, score: Mapping[str, Any], limit: float) -> int:
    """Return when a value has decayed below a limit, NEVER when it does not or is below already."""
    return falls_below(value, score["updated_at"], limit, round(score["half_life_s"] * 1000)) or NEVER


def _top_interest(wanted: tuple[str, ...], profile: Value, at: int) -> Finding:
    score = profile.get("scores", {}).get(INTERESTS, {})
    strongest = max(score.get("reasons", []), key=lambda one: one["points"], default=None)
    falls = falls_at(strongest["points"], score, LEAST) if strongest else NEVER
    if strongest is None or strongest["points"] < LEAST or NEVER < falls <= at:
        return Finding(False, NEVER, "no interest is known")
    return Finding(strongest["rule"] in wanted, falls, f"the strongest interest is {strongest['rule']}")


def _active(within: int, profile: Value, at: int) -> Finding:
    last = last_active(profile)
    ends = last + within
    if not last or at >= ends:
        return Finding(False, NEVER, "was not active")
    return Finding(True, ends, "was active")
