"""One subject within one transaction: its state and where its rows go.

Fields of the state value: `scores` (by score and rule `[v, t0]`), `caps` (by rule the windows), `traits` (by trait `[order,
value]`), `triggers` (by trigger, see `streams.core.signals`), `bands` (last published), `version`, `moved_to`,
`sessions` and `labels` (see `streams.core.session_shares`), `stages` (see `streams.core.stages`), `model` (version of the model that
made it, see `streams.core.switching`), `mail` (see `streams.core.mail_state`), `preferences` (see
`streams.core.preferences`).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from schemas.errors import Misconfigured
from schemas.kinds import Kind
from schemas.scores import ChangeReason
from streams.core.decay import Part
from streams.core.scoring_model import Model, read_model
from streams.core.sessions import session_id_of
from streams.core.triggers import CountTrigger, ThresholdTrigger, Trigger, read_triggers
from streams.core.work import Outputs, Value, Work

ENGAGEMENT = Kind.ENGAGEMENT.value


@dataclass(frozen=True, slots=True)
class SubjectRules:
    """What the subjects core must know: partitions of `tracked`, the scoring model and the triggers.

    The rest follows from them: the triggers by kind of event, those that may need a timer, those that watch a score, and the
    kinds of events that can change a score or count for a trigger.
    """

    partitions: int
    model: Model
    triggers: tuple[Trigger, ...]
    by_kind: dict[str, tuple[Trigger, ...]]
    timed: tuple[Trigger, ...]
    thresholds: tuple[ThresholdTrigger, ...]
    kinds: frozenset[str]

    @property
    def triggers_version(self) -> str:
        """Version of the triggers, empty where there are none."""
        return self.triggers[0].version if self.triggers else ""

    def are_about(self, kind: str) -> bool:
        """True when an event of this kind can change a score or count for a trigger."""
        return kind in self.kinds

    def at(self, site: str, work: Work) -> "SubjectRules":
        """Return themselves: these rules are those of every site (see `streams.core.rulebook`)."""
        del site, work
        return self


@lru_cache(maxsize=16)
def read_rules(*, scores: str, triggers: str, partitions: int) -> SubjectRules:
    """Read the YAML of a scoring model and of triggers. Raises Misconfigured for anything that is wrong in them."""
    model, found = read_model(scores, "scores.yaml"), read_triggers(triggers, "triggers.yaml")
    _check_scores(found, model)
    by_kind = {kind.value: tuple(trigger for trigger in found if kind in trigger.kinds) for kind in Kind}
    return SubjectRules(
        partitions,
        model,
        found,
        by_kind,
        timed=tuple(trigger for trigger in found if trigger.quiet or not isinstance(trigger, CountTrigger)),
        thresholds=tuple(trigger for trigger in found if isinstance(trigger, ThresholdTrigger)),
        kinds=frozenset(
            {Kind.IDENTIFY.value}.union(model.by_kind, model.lifecycle.by_kind, model.interests, *(one.kinds for one in found))
        ),
    )


def _check_scores(triggers: tuple[Trigger, ...], model: Model) -> None:
    for trigger in triggers:
        for score in trigger.scores.difference(model.scores):
            known = ", ".join(sorted(model.scores))
            raise Misconfigured(f"The trigger {trigger.name} names the score {score}. The model has: {known}. Name one of them.")


@dataclass(slots=True)
class Subject:
    """A subject (`c:` + customer or `v:` + visitor) of a site.

    `watermark` is that of its partition, `last` the last line that was for it, `touched` are the scores to publish at the end.
    `mails` are e-mails of which something was heard, with the last line about each: they are judged at the end. `taken_back`: a hit
    lost points that it had.
    """

    site: str
    name: str
    value: Value
    rules: SubjectRules
    out: Outputs
    watermark: int = 0
    last: dict[str, Any] | None = None
    touched: set[str] = field(default_factory=set)
    mails: dict[str, dict[str, Any]] | None = None
    taken_back: bool = False

    @property
    def topic_key(self) -> str:
        """The key of its records."""
        return f"{self.site}:{self.name}"

    @property
    def ids(self) -> dict[str, str]:
        """The customer or the visitor that it is, as fields of a record."""
        return {"customer_id" if self.name.startswith("c:") else "visitor_id": self.name[2:]}

    def half_life_ms(self, score: str) -> int:
        """Return the half-life of a score, 0 for none; also for one that the model has no more."""
        model = self.rules.model.scores.get(score)
        return model.half_life_ms if model else 0

    def parts(self, score: str) -> dict[str, Part]:
        """Return the parts of a score by rule."""
        scores = self.value.get("scores")
        if scores is None:
            scores = self.value["scores"] = {}
        found: dict[str, Part] | None = scores.get(score)
        if found is None:
            found = scores[score] = {}
        return found


class Cause(NamedTuple):
    """Why something changes: an event, when footprint received it (Unix milliseconds), and the key of its session."""

    event_id: str
    received_at: int
    reason: ChangeReason = ChangeReason.EVENT
    session: str = ""


def state_key(site: str, name: str) -> str:
    """Return the key of a subject's state."""
    return f"{site}\0{name}"


def session_key(session_id: str) -> str:
    """Return the short form of a session's id that the state keeps: 48 bits tell a subject's sessions of some days apart."""
    return session_id[:8] + session_id[9:13]


def session_of(line: dict[str, Any]) -> str:
    """Return the short form of the id of an event's session, empty for one that belongs to none.

    Engagement that no session was open for has the id of the session that it would have started. When it joins one after all,
    the label of that one comes under this id too (`streams.core.relabelling`).
    """
    found = line.get("session_id", "")
    if not found and line["kind"] == ENGAGEMENT and line.get("visitor_id"):
        found = session_id_of(line["site"], line["visitor_id"], line["event_id"])
    return session_key(found)


def cause_of(line: dict[str, Any], reason: ChangeReason = ChangeReason.EVENT) -> Cause:
    """Return the cause that a tracked line is."""
    return Cause(line["event_id"], line["received_at"], reason, session_of(line))
