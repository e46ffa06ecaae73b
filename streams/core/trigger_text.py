"""The YAML of triggers, as it is written (docs/semantics.md, section 7)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from streams.core.lifecycle import STAGES
from streams.core.model_text import Duration, Strict, Version
from streams.core.when_text import When

NO_STAGE = "none"
"""How a `where` names those who have not reached a stage yet."""

_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def _read_names(value: Any) -> Any:
    """A single name is a list of one, and a number is a name: YAML reads band 1 as a number."""
    names = value if isinstance(value, (list, tuple)) else [value]
    return [str(name) if type(name) is int else name for name in names]


def _read_time_of_day(value: Any) -> Any:
    """Return minutes after midnight. YAML reads an unquoted 22:00 as the number of its minutes."""
    if type(value) is int and 0 <= value < 1440:
        return value
    found = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write a time of day as hours and minutes, for example "22:00"')
    return int(found[1]) * 60 + int(found[2])


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError('name a time zone as the IANA does, for example "Europe/Berlin" or "UTC"') from None
    return name


def _known_stage(name: str) -> str:
    if name != NO_STAGE and (not name or name not in STAGES):
        raise ValueError(f"a stage is {NO_STAGE}, {', '.join(STAGES[1:])}")
    return name


def _known_field(name: str) -> str:
    if name == "session_id":
        raise ValueError("sessions are told apart by `min_gap`: leave out `distinct_by`")
    return name


_ONE_OR_MORE = {"anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}]}
_CLOCK = {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}

Names = Annotated[tuple[str, ...], BeforeValidator(_read_names), Field(min_length=1), WithJsonSchema(_ONE_OR_MORE, mode="validation")]
TimeOfDay = Annotated[int, BeforeValidator(_read_time_of_day), WithJsonSchema(_CLOCK, mode="validation")]
Zone = Annotated[str, AfterValidator(_known_zone)]
StageName = Annotated[str, AfterValidator(_known_stage)]
StageNames = Annotated[
    tuple[StageName, ...], BeforeValidator(_read_names), Field(min_length=1), WithJsonSchema(_ONE_OR_MORE, mode="validation")
]
DistinctBy = Annotated[str, AfterValidator(_known_field), Field(min_length=1)]


class WhereText(Strict):
    """Whom a trigger is about: all that is named must hold when the event comes that would fire it."""

    band: Mapping[str, Names] = Field(default_factory=dict, description="Bands by score, one of those that are listed.")
    stage: StageNames | None = Field(default=None, description=f"Stages of the lifecycle, one of them; `{NO_STAGE}`: none reached yet.")
    consent: Names | None = Field(default=None, description="Consent, one of those that are listed.")


class QuietHoursText(Strict):
    """Hours of the day in which no alert goes out: it waits for their end (`hold`), or is left out (`skip`)."""

    begin: TimeOfDay = Field(alias="from", description="When they begin, by the time zone of the file.")
    end: TimeOfDay = Field(alias="to", description="When they end; earlier than `from`: on the next day.")
    then: Literal["hold", "skip"] = Field(default="hold", description="What becomes of an alert.")

    @model_validator(mode="after")
    def _some_hours(self) -> "QuietHoursText":
        if self.begin == self.end:
            raise ValueError("`from` and `to` are the same time: name the hours that are quiet")
        return self


class TriggerText(Strict):
    """One trigger, of one of three sorts; all of them are silent for `cooldown` after an alert.

    Count: `when`, `count`, `within`: so many matches, `min_gap` apart or `distinct_by` a field.
    Absence: `when`, `unless`, `within`: a match that nothing follows in time.
    Threshold: `score` and `reaches`; `falls` says whether falling again is a signal too.
    """

    when: When | None = Field(default=None, description="Events that it is about.")
    count: int | None = Field(default=None, ge=1, le=100, description="Count: how many of them complete it.")
    within: Duration | None = Field(default=None, description="Count: sliding window of event time. Absence: how long is waited.")
    min_gap: Duration | None = Field(
        default=None, description="Count: what comes sooner after the last that counted does not count (default `5m`)."
    )
    distinct_by: DistinctBy | None = Field(
        default=None, description="Count: each value of this field counts once, for example `props.products.id`."
    )
    unless: When | None = Field(default=None, description="Absence: events that end the waiting.")
    score: str | None = Field(default=None, description="Threshold: the score that is watched.")
    reaches: float | None = Field(default=None, gt=0, description="Threshold: the value that fires; it is armed again below 0.8 of it.")
    falls: bool = Field(default=False, description="Threshold: falling below 0.8 of it is a signal too.")
    where: WhereText | None = Field(default=None, description="Whom it is about; not given: everybody.")
    quiet_hours: QuietHoursText | None = Field(default=None, description="Hours in which no alert goes out.")
    cooldown: Duration = Field(default=86_400_000, description="Silence after a signal.")

    @property
    def sort(self) -> Literal["count", "absence", "threshold"]:
        """Which of the three it is."""
        if self.score is not None or self.reaches is not None:
            return "threshold"
        return "absence" if self.unless else "count"

    @model_validator(mode="after")
    def _one_sort(self) -> "TriggerText":
        needs, may = _KEYS[self.sort]
        for key in needs:
            if getattr(self, key) is None:
                raise ValueError(f"a trigger that {_SORTS[self.sort]} needs `{key}`")
        if self.sort == "threshold" and self.where and self.where.consent:
            raise ValueError("a trigger that watches a score has no `where.consent`: consent is given with an event")
        for key in sorted((_OWN - needs - may) & self.model_fields_set):
            raise ValueError(f"a trigger that {_SORTS[self.sort]} has no `{key}`")
        return self


_SORTS = {
    "count": "counts (`when`, `count`, `within`)",
    "absence": "waits (`when`, `unless`, `within`)",
    "threshold": "watches a score (`score`, `reaches`)",
}
_KEYS = {
    "count": (frozenset({"when", "count", "within"}), frozenset({"min_gap", "distinct_by"})),
    "absence": (frozenset({"when", "unless", "within"}), frozenset()),
    "threshold": (frozenset({"score", "reaches"}), frozenset({"falls"})),
}
_OWN = frozenset({"when", "count", "within", "min_gap", "distinct_by", "unless", "score", "reaches", "falls"})


class TriggersText(Strict):
    """The whole file. `time_zone` is that of the site: quiet hours are told by it."""

    version: Version
    time_zone: Zone = Field(default="UTC", description="Time zone of quiet hours, by its IANA name.")
    triggers: Mapping[str, TriggerText] = Field(description="Triggers by name.")
