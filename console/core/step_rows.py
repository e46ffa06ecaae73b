"""Tasks and steps as the store tells them, and as they are told to people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from console.core.tasks import Step, Task, fold
from schemas.tasks import StepKind

Row = Mapping[str, Any]
TIMES = ("at", "due_at", "opened_at", "done_at", "changed_at")


def task_of(row: Row) -> Task:
    """Return a row of the view `tasks`."""
    return Task(**(_in_ms(row) | {"escalated": bool(row["escalated"])}))


def step_of_row(row: Row) -> dict[str, Any]:
    """Return a row of the view `task_steps`."""
    return _in_ms(row)


def _in_ms(row: Row) -> dict[str, Any]:
    return {name: _ms(value) if name in TIMES else value for name, value in row.items()}


def _ms(moment: datetime | None) -> int:
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000) if moment else 0


def moment(at_ms: int) -> datetime:
    """Return a time of a step, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def overlaid(tasks: Iterable[Task], stored: Iterable[Step], lately: Sequence[Step]) -> list[Task]:
    """Return tasks with those in place that were changed lately. `stored` are the steps that the store has of the latter."""
    steps: dict[str, list[Step]] = {}
    for step in (*stored, *lately):
        steps.setdefault(step["task_id"], []).append(step)
    changed = {task.task_id: task for found in steps.values() if (task := fold(found))}
    return [*changed.values(), *(task for task in tasks if task.task_id not in changed)]


def worth_telling(steps: Sequence[Step]) -> list[Step]:
    """Return the steps of one or several tasks that are worth a line: a signal that is only revised opens nothing anew."""
    open_tasks: dict[str, bool] = {}
    found = []
    for step in steps:
        if step["kind"] in (StepKind.OPENED, StepKind.WITHDRAWN):
            stands = step["kind"] == StepKind.OPENED
            if open_tasks.get(step["task_id"]) == stands:
                continue
            open_tasks[step["task_id"]] = stands
        found.append(step)
    return found


def sentence(step: Step) -> str:
    """Return what a step did, without who did it."""
    kind, owner = step["kind"], step["owner"]
    if kind == StepKind.OPENED:
        return f"Task opened: {step['title']}{f', for {owner}' if owner else ''}"
    if kind == StepKind.ASSIGNED:
        taken = owner and owner == step["made_by"]
        return "Task taken" if taken else f"Task given to {owner}" if owner else "Task given back"
    if kind == StepKind.ESCALATED:
        return f"Task was not done in time{f', goes to {owner}' if owner else ''}"
    others = {
        StepKind.DONE: "Task done",
        StepKind.REOPENED: "Task opened again",
        StepKind.WITHDRAWN: "Task withdrawn: its signal stands no more",
    }
    return others.get(kind) or "Comment on the task"


def as_event(step: Step) -> Row:
    """Return a step as a row of a timeline."""
    said = f"“{step['text']}”" if step["text"] else ""
    by = f"by {step['made_by']}" if step["made_by"] else ""
    line = " ".join(filter(None, (sentence(step), by))) + (f": {said}" if said else "")
    return {
        "event_time": moment(step["at"]),
        "kind": "task",
        "sentence": line,
        "channel": "",
        "traffic": "human",
        "session_id": "",
        "engaged_ms": 0,
        "event_id": step["step_id"],
        "task": step["task_id"],
    }
