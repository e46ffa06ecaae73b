"""*Tasks*: who should do what by when; and one task with everything that was done about it."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from console.core.step_rows import moment, overlaid, sentence, step_of_row, task_of, worth_telling
from console.core.tasks import Step, Task, distinct, fold, new_step, step_of
from console.seats import page
from console.visit import Visit
from schemas.audit import Action
from schemas.errors import Misconfigured
from schemas.tasks import StepKind

SHOWN = ("mine", "all", "overdue", "unowned", "done")
ACTS = {
    "take": StepKind.ASSIGNED,
    "assign": StepKind.ASSIGNED,
    "comment": StepKind.COMMENTED,
    "done": StepKind.DONE,
    "reopen": StepKind.REOPENED,
}
LONGEST_TEXT = 2_000
HOUR_MS = 3_600_000


async def show(visit: Visit) -> Response:
    """Show the tasks that the visitor asks for, their own unless they say otherwise, when it is recorded that they are seen."""
    wanted = visit.request.query_params.get("show", "")
    shown = wanted if wanted in SHOWN else "mine"
    owner = {"mine": visit.user.name, "unowned": ""}.get(shown, "*")
    asked = {"state": "done" if shown == "done" else "open", "owner": owner, "due": "over" if shown == "overdue" else "any"}
    rows, counts = await asyncio.gather(visit.ask("tasks_list", **asked), visit.ask("tasks_counts"))
    tasks = [task for task in await with_lately(visit, map(task_of, rows)) if _is_shown(task, asked, visit.desk.now_ms())]
    tasks.sort(key=lambda task: (task.due_at, task.task_id) if shown != "done" else (-task.changed_at, task.task_id))
    if any(task.customer_id for task in tasks):
        await visit.note(Action.LISTED_CUSTOMERS, detail=f"tasks, {shown}")
    return visit.page(
        "tasks.html",
        shown=shown,
        asked=asked,
        tasks=tasks,
        counts=_counts(counts, visit.user.name),
        now_ms=visit.desk.now_ms(),
        moment=moment,
    )


async def show_one(visit: Visit) -> Response:
    """Show one task and its steps, when it is recorded whom it is about."""
    steps = await steps_of(visit, visit.request.path_params["task"])
    task = fold(steps)
    if task is None:
        raise Misconfigured("There is no such task at this website. Go back to Tasks.")
    if task.customer_id:
        await visit.note(Action.LOOKED_AT_CUSTOMER, customer=task.customer_id, detail="task")
    return visit.page(
        "task.html",
        task=task,
        steps=[(moment(step["at"]), sentence(step), step) for step in worth_telling(steps)],
        may_act=visit.user.may("analyst", visit.site),
        now_ms=visit.desk.now_ms(),
        moment=moment,
        nonce=secrets.token_hex(8),
    )


async def act(visit: Visit) -> Response:
    """Write the step that a form asks for; it is durable, and shown, when the next page comes."""
    task_id, form = visit.request.path_params["task"], await visit.request.form()
    task = fold(await steps_of(visit, task_id))
    kind = ACTS.get(str(form.get("act", "")))
    if task is None or kind is None:
        raise Misconfigured("There is no such task, or nothing that could be done so. Go back to Tasks.")
    more = _told(visit, kind, {name: str(value).strip() for name, value in form.items() if isinstance(value, str)})
    await visit.note(Action.CHANGED_TASK, customer=task.customer_id, detail=kind.value)
    await visit.desk.steps.add(step_of(task, kind, at=visit.desk.now_ms(), made_by=visit.user.name, **more))
    return _to(visit, task_id)


async def write(visit: Visit) -> Response:
    """Open a task that no signal asks for."""
    form = {name: str(value).strip() for name, value in (await visit.request.form()).items() if isinstance(value, str)}
    if not form.get("title"):
        raise Misconfigured("A task says what is to be done. Go back and write it.")
    customer, now_ms = form.get("customer", "")[:200], visit.desk.now_ms()
    task_id = new_step({"site": visit.site, "nonce": form.get("nonce", ""), "made_by": visit.user.name, "title": form["title"]})["step_id"]
    about = {"subject": f"c:{customer}", "customer_id": customer} if customer else {}
    owed = {"title": form["title"][:200], "owner": _owner(visit, form.get("owner", "")), "due_at": now_ms + _hours(form) * HOUR_MS}
    step = {
        "site": visit.site,
        "task_id": task_id,
        "kind": StepKind.OPENED.value,
        "at": now_ms,
        "made_by": visit.user.name,
        **about,
        **owed,
    }
    await visit.note(Action.CHANGED_TASK, customer=customer, detail="opened")
    await visit.desk.steps.add({**new_step(step), "step_id": task_id})
    return _to(visit, task_id)


async def steps_of(visit: Visit, task_id: str) -> Sequence[Step]:
    """Return the steps of a task of this site, in order, with those that were written in this process a moment ago."""
    stored = [step_of_row(row) for row in await visit.ask("task_steps", tasks=task_id)]
    return distinct([*stored, *(step for step in visit.desk.steps.lately(visit.site) if step["task_id"] == task_id)])


async def with_lately(visit: Visit, tasks: Any) -> list[Task]:
    """Return tasks as they are with what was written in this process a moment ago, and those that were opened so."""
    lately = visit.desk.steps.lately(visit.site)
    if not lately:
        return list(tasks)
    ids = ",".join(sorted({step["task_id"] for step in lately}))
    return overlaid(tasks, [step_of_row(row) for row in await visit.ask("task_steps", tasks=ids)], lately)


def _is_shown(task: Task, asked: Mapping[str, str], now_ms: int) -> bool:
    of_state = task.state == asked["state"]
    of_owner = asked["owner"] in ("*", task.owner)
    return of_state and of_owner and (asked["due"] != "over" or task.is_overdue(now_ms))


def _counts(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    return {
        "mine": sum(row["open"] for row in rows if row["owner"] == name),
        "all": sum(row["open"] for row in rows),
        "overdue": sum(row["overdue"] for row in rows),
        "unowned": sum(row["open"] for row in rows if not row["owner"]),
    }


def _told(visit: Visit, kind: StepKind, form: Mapping[str, str]) -> dict[str, str]:
    """Return what a form adds to its step; raises Misconfigured where it says nothing, or names nobody."""
    nonce = form.get("nonce", "")[:40]
    if kind is StepKind.ASSIGNED:
        owner = visit.user.name if form.get("act") == "take" else _owner(visit, form.get("owner", ""))
        return {"nonce": nonce, "owner": owner}
    text = form.get("text", "")[:LONGEST_TEXT]
    if kind is StepKind.COMMENTED and not text:
        raise Misconfigured("The comment is empty. Go back and write it.")
    return {"nonce": nonce, "text": text}


def _owner(visit: Visit, name: str) -> str:
    """Return a user who may act at this site; empty gives the task back to nobody."""
    user = visit.desk.outside.users.find(name) if name else None
    if name and (user is None or not user.may("analyst", visit.site)):
        raise Misconfigured(f"{name[:80]!r} may not act at this website. Go back and name somebody with the role analyst.")
    return name


def _hours(form: Mapping[str, str]) -> int:
    hours = form.get("hours", "")
    return int(hours) if hours.isdecimal() and 0 < int(hours[:4]) <= 8_760 else 24


def _to(visit: Visit, task_id: str) -> Response:
    return RedirectResponse(visit.link(f"tasks/{task_id}"), status_code=303)


PAGES = (
    page("tasks", show),
    page("tasks", write, needs="analyst", methods=("POST",)),
    page("tasks/{task}", show_one),
    page("tasks/{task}", act, needs="analyst", methods=("POST",)),
)
