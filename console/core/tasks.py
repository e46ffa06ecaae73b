"""What the steps of a task come to. Any order and any repeats of steps give the same task; the view `tasks` says the same in SQL.

A step is a mapping with the fields of `schemas.tasks.TaskStep`, times in Unix milliseconds.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.codec import dumps
from schemas.tasks import StepKind

Step = Mapping[str, Any]
State = Literal["open", "done", "withdrawn"]

WORDS = (StepKind.DONE, StepKind.REOPENED)
"""Steps that close and open again: the last of them stands."""

PERSON = ("subject", "customer_id", "visitor_id")


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands. `owner` is empty while it belongs to nobody; `done_at` is 0 while it is not done."""

    site: str
    task_id: str
    state: State
    title: str
    trigger: str
    signal_id: str
    subject: str
    customer_id: str
    visitor_id: str
    channel: str
    owner: str
    opened_at: int
    due_at: int
    escalate_to: str
    escalated: bool
    done_at: int
    done_by: str
    comments: int
    changed_at: int

    def is_overdue(self, now_ms: int) -> bool:
        """True while it is open after its due time."""
        return self.state == "open" and 0 < self.due_at <= now_ms


def distinct(steps: Iterable[Step]) -> list[Step]:
    """Return each step once, in the order of time: of copies the earliest stands."""
    found: dict[str, Step] = {}
    for step in steps:
        before = found.get(step["step_id"])
        if before is None or step["at"] < before["at"]:
            found[step["step_id"]] = step
    return sorted(found.values(), key=_place)


def fold(steps: Iterable[Step]) -> Task | None:
    """Return the task of its steps, None while nothing opened it."""
    ordered = distinct(steps)
    opened = next((step for step in ordered if step["kind"] == StepKind.OPENED), None)
    if opened is None:
        return None
    words = [step for step in ordered if step["kind"] in WORDS]
    done = words[-1] if words and words[-1]["kind"] == StepKind.DONE else None
    escalations = [step for step in ordered if step["kind"] == StepKind.ESCALATED and not _closed_at(words, step["at"])]
    return Task(
        site=opened["site"],
        task_id=opened["task_id"],
        state="done" if done else "open" if _stands(ordered) else "withdrawn",
        owner=_owner(opened, ordered, escalations),
        opened_at=opened["at"],
        escalated=bool(escalations),
        done_at=done["at"] if done else 0,
        done_by=done["made_by"] if done else "",
        comments=sum(step["kind"] == StepKind.COMMENTED for step in ordered),
        changed_at=ordered[-1]["at"],
        **{name: opened[name] for name in ("title", "trigger", "signal_id", "channel", "due_at", "escalate_to")},
        **{name: _newest(ordered)[name] for name in PERSON},
    )


def _place(step: Step) -> tuple[int, str]:
    return step["at"], step["step_id"]


def _closed_at(words: Sequence[Step], at: int) -> bool:
    before = [word for word in words if word["at"] <= at]
    return bool(before) and before[-1]["kind"] == StepKind.DONE


def _newest(steps: Sequence[Step]) -> Step:
    """Return the opening by the newest revision of the signal: it knows whom a visitor has turned out to be."""
    return max((step for step in steps if step["kind"] == StepKind.OPENED), key=lambda step: step["revision"])


def _stands(steps: Sequence[Step]) -> bool:
    """Return whether the signal still says what it said: the highest revision tells."""
    said = [step for step in steps if step["kind"] in (StepKind.OPENED, StepKind.WITHDRAWN)]
    return bool(max(said, key=lambda step: step["revision"])["kind"] == StepKind.OPENED)


def _owner(opened: Step, steps: Sequence[Step], escalations: Sequence[Step]) -> str:
    given = [step for step in steps if step["kind"] == StepKind.ASSIGNED]
    given += [step for step in escalations if step["owner"]]
    return str(max(given, key=_place)["owner"]) if given else str(opened["owner"])


def task_of_signal(site: str, signal_id: str) -> str:
    """Return the id of the task that a signal opens."""
    return digest("task", site, signal_id)


def step_of(task: Task, kind: StepKind, *, at: int, made_by: str = "", **more: Any) -> dict[str, Any]:
    """Return a step of a task, all fields set. `nonce` in `more` tells apart what is done twice on purpose, and repeats fall together."""
    about = {name: getattr(task, name) for name in PERSON}
    return new_step({"site": task.site, "task_id": task.task_id, "kind": kind.value, "at": at, "made_by": made_by, **about, **more})


def escalation_of(task: Task) -> dict[str, Any]:
    """Return the step by which a task that is not done in time goes on: whoever makes it, and whatever is known by then, it is the same one.

    It repeats what was opened, so that whoever reads it alone can tell somebody.
    """
    opened: dict[str, Any] = {"title": task.title, "trigger": task.trigger, "signal_id": task.signal_id, "due_at": task.due_at}
    step = step_of(task, StepKind.ESCALATED, at=task.due_at, owner=task.escalate_to, **opened)
    return {**step, "step_id": digest("escalated", task.site, task.task_id, str(task.due_at))}


def new_step(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole step: its id is made of what it says, but for the time, and of `nonce`, which is not kept."""
    step = {**EMPTY, **told}
    nonce = step.pop("nonce", "")
    said = {name: value for name, value in step.items() if name != "at"}
    return {**step, "step_id": digest("step", nonce, dumps(said).decode())}


def digest(*parts: str) -> str:
    """Return a short id of texts: 24 hex digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


EMPTY: Mapping[str, Any] = {
    "site": "",
    "task_id": "",
    "kind": "",
    "at": 0,
    "made_by": "",
    "subject": "",
    "customer_id": "",
    "visitor_id": "",
    "signal_id": "",
    "trigger": "",
    "revision": 0,
    "title": "",
    "channel": "",
    "owner": "",
    "due_at": 0,
    "escalate_to": "",
    "text": "",
}
"""A step that says nothing; in the order in which its id is made."""
