"""Alerts: which signals (docs/semantics.md, section 7) and which escalations of tasks are calls, and to which addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.codec import loads
from schemas.signals import SignalStatus
from schemas.tasks import StepKind
from sinks.webhooks.core.signing import headers_of

Shape = Literal["json", "slack", "task"]
Tells = Literal["signals", "escalations"]
Alert = Mapping[str, Any]
"""A signal as on its topic, or a step of a task that `read_step` put into the same words: then `step` holds the whole step."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where alerts go, as the operator has set it. Empty `sites` or `triggers`: all of them. `keys` sign, newest last.

    A `template` goes before the `shape`; `authorization` is the value of that header, empty for none. `tells` is what it is told of.
    """

    name: str
    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    shape: Shape = "json"
    sites: frozenset[str] = frozenset()
    triggers: frozenset[str] = frozenset()
    template: Any = None
    authorization: str = field(default="", repr=False)
    tells: frozenset[Tells] = frozenset({"signals"})

    def headers(self, signal_id: str, body: bytes, now_s: int) -> dict[str, str]:
        """Return the headers of one attempt."""
        return headers_of(signal_id, body, now_s=now_s, keys=self.keys) | (
            {"authorization": self.authorization} if self.authorization else {}
        )

    def wants(self, alert: Alert) -> bool:
        """True when alerts like this one go to the address."""
        told = "escalations" if "step" in alert else "signals"
        in_site = not self.sites or alert["site"] in self.sites
        return told in self.tells and in_site and (not self.triggers or alert["trigger"] in self.triggers)


NEEDED = {"signal_id": str, "site": str, "trigger": str, "subject": str, "status": str, "fired_at": int, "at": int}
NEEDED_STEP = {"step_id": str, "task_id": str, "site": str, "trigger": str, "subject": str, "kind": str, "at": int}


def read_signal(value: bytes | None) -> dict[str, Any] | None:
    """Return a record of the signals topic, None when it is no signal that anybody could be told about."""
    return _read(value, NEEDED)


def read_step(value: bytes | None) -> dict[str, Any] | None:
    """Return a record of the tasks topic in the words of a signal, None when it neither escalates nor ends a task.

    The call's id is that of the step, which several consoles make alike; what ends the task withdraws it.
    """
    step = _read(value, NEEDED_STEP)
    status = STATUSES.get(step["kind"]) if step else None
    if step is None or status is None:
        return None
    about = {name: step.get(name, "") for name in ("site", "task_id", "trigger", "subject", "customer_id", "visitor_id")}
    when = {"fired_at": step["at"], "at": step["at"]}
    return {"signal_id": step["step_id"], "status": status.value, "reason": "not done in time", **about, **when, "step": step}


STATUSES: Mapping[str, SignalStatus] = {
    StepKind.ESCALATED: SignalStatus.FIRED,
    StepKind.DONE: SignalStatus.WITHDRAWN,
    StepKind.WITHDRAWN: SignalStatus.WITHDRAWN,
}


def _read(value: bytes | None, needed: Mapping[str, type]) -> dict[str, Any] | None:
    try:
        found = loads(value or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) and all(type(found.get(name)) is kind for name, kind in needed.items()) else None


def about(alert: Alert) -> str:
    """Return what an alert and its withdrawal have in common: the task, or the signal."""
    return str(alert["task_id"] if "step" in alert else alert["signal_id"])


def is_alert(alert: Alert) -> bool:
    """True for what goes out."""
    return bool(alert["status"] == SignalStatus.FIRED)


def is_withdrawn(alert: Alert) -> bool:
    """True for what stands no more: an alert for it that still waits must not go out."""
    return bool(alert["status"] == SignalStatus.WITHDRAWN)
