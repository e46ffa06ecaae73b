"""From signals to tasks, by the rules of a site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.core.tasks import PERSON, new_step, task_of_signal
from schemas.signals import SignalStatus
from schemas.tasks import StepKind

HOUR_MS = 3_600_000
LATEST_MS = 7 * 24 * HOUR_MS
"""A signal that is older when it is read opens no task: nobody would act on it any more."""
EVERY = "*"
"""The rule of all triggers that have none of their own."""


@dataclass(frozen=True, slots=True)
class TaskRule:
    """What a trigger's signal makes somebody do. `owner` goes before `channel`, whose owner the site names."""

    owner: str = ""
    channel: str = ""
    due_hours: float = 24.0
    escalate_to: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules of a site by trigger, and who answers which channel."""

    rules: Mapping[str, TaskRule] = field(default_factory=lambda: {EVERY: TaskRule()})
    owners: Mapping[str, str] = field(default_factory=dict)

    def rule_of(self, trigger: str) -> TaskRule | None:
        """Return the rule of a trigger, None when its signals open no task."""
        return self.rules.get(trigger) or self.rules.get(EVERY)


def step_of_signal(signal: Mapping[str, Any], rules: SiteRules, *, now_ms: int) -> dict[str, Any] | None:
    """Return the step that a record of the signals topic makes, None when it makes none.

    It depends on the signal and the rules alone: a signal that is read again makes the same step.
    """
    rule = rules.rule_of(signal["trigger"])
    if rule is None or signal["at"] < now_ms - LATEST_MS:
        return None
    about = {name: signal.get(name, "") for name in PERSON}
    told = {"site": signal["site"], "task_id": task_of_signal(signal["site"], signal["signal_id"]), "at": signal["at"], **about}
    told |= {"signal_id": signal["signal_id"], "trigger": signal["trigger"], "revision": signal.get("revision", 0)}
    if signal["status"] == SignalStatus.WITHDRAWN:
        return new_step({**told, "kind": StepKind.WITHDRAWN.value})
    if signal["status"] != SignalStatus.FIRED:
        return None
    return new_step({**told, "kind": StepKind.OPENED.value, **_owed(signal, rule, rules)})


def _owed(signal: Mapping[str, Any], rule: TaskRule, rules: SiteRules) -> dict[str, Any]:
    return {
        "title": rule.title or title_of(signal),
        "channel": rule.channel,
        "owner": rule.owner or rules.owners.get(rule.channel, ""),
        "due_at": signal["at"] + int(rule.due_hours * HOUR_MS),
        "escalate_to": rule.escalate_to,
    }


def title_of(signal: Mapping[str, Any]) -> str:
    """Return what a task is called whose rule has no title: the trigger in words, and the page."""
    words = str(signal["trigger"]).replace("_", " ").replace("-", " ").strip()
    payload = signal.get("payload")
    page = str(payload.get("url_path", "")) if isinstance(payload, dict) else ""
    return f"{words[:1].upper()}{words[1:]}{f' ({page})' if page else ''}"
