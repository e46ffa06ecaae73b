"""*Customer*: who it is, where it stands and why, and everything it did."""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from console.core.contributions import explained
from console.core.step_rows import as_event, moment, step_of_row, worth_telling
from console.core.story import chapters, woven
from console.core.tasks import Step, Task, distinct, fold
from console.ports import Row
from console.seats import page
from console.visit import Visit
from schemas.audit import Action
from schemas.errors import Misconfigured

FULL = 300
"""Events of one page of the timeline, as its question says."""


async def show(visit: Visit) -> Response:
    """Show one customer."""
    customer = visit.request.path_params["customer"]
    asked = (
        "customer_row",
        "customer_scores",
        "customer_why",
        "customer_stages",
        "customer_signals",
        "customer_timeline",
        "customer_tasks",
    )
    looked = visit.note(Action.LOOKED_AT_CUSTOMER, customer=customer, detail="customer")
    _, answers = await asyncio.gather(looked, asyncio.gather(*(visit.ask(name, customer=customer) for name in asked)))
    who, scores, why, stages, signals, events, stored = answers
    if not who:
        return visit.page("nobody.html", status=404, customer=customer)
    steps = _steps(visit, customer, stored)
    return visit.page(
        "customer.html",
        customer=customer,
        who=who[0],
        traits=_traits(who[0]["traits"]),
        scores=scores,
        why=explained(why),
        stages=stages,
        signals=signals,
        tasks=_tasks(steps),
        may_act=visit.user.may("analyst", visit.site),
        nonce=secrets.token_hex(8),
        **_story(events, steps),
    )


async def earlier(visit: Visit) -> Response:
    """Return the part of the timeline before a time."""
    customer, until = visit.request.path_params["customer"], visit.request.query_params.get("until", "")
    try:
        datetime.fromisoformat(until)
    except ValueError:
        raise Misconfigured(f"{until[:80]!r} is no time. Go back to the customer's page.") from None
    await visit.note(Action.LOOKED_AT_CUSTOMER, customer=customer, detail="customer, earlier")
    events, stored = await asyncio.gather(
        visit.ask("customer_timeline", customer=customer, until=until), visit.ask("customer_tasks", customer=customer)
    )
    before = datetime.fromisoformat(until).replace(tzinfo=UTC)
    return visit.page(
        "story.html", customer=customer, **_story(events, [step for step in _steps(visit, customer, stored) if moment(step["at"]) < before])
    )


def _steps(visit: Visit, customer: str, stored: Sequence[Row]) -> list[Step]:
    """Return the steps of the customer's tasks, with those that this process wrote a moment ago."""
    found = [step_of_row(row) for row in stored]
    known = {step["task_id"] for step in found}
    lately = visit.desk.steps.lately(visit.site)
    return distinct([*found, *(step for step in lately if step["customer_id"] == customer or step["task_id"] in known)])


def _tasks(steps: Sequence[Step]) -> list[Task]:
    """Return the tasks of steps, open ones first, then by when they are due."""
    by_task: dict[str, list[Step]] = {}
    for step in steps:
        by_task.setdefault(step["task_id"], []).append(step)
    found = [task for one in by_task.values() if (task := fold(one))]
    return sorted(found, key=lambda task: (task.state != "open", task.due_at))


def _story(events: Sequence[Row], steps: Sequence[Step]) -> Mapping[str, Any]:
    until = events[-1]["event_time"] if len(events) == FULL else None
    aware = [row | {"event_time": row["event_time"].replace(tzinfo=UTC)} for row in map(dict, events)]
    told = woven(aware, map(as_event, worth_telling(steps)), full=FULL)
    return {"chapters": chapters(told), "until": until.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if until else ""}


def _traits(text: str) -> Mapping[str, Any]:
    told = json.loads(text) if text else {}
    return {name: value if isinstance(value, (str, int, float)) else json.dumps(value) for name, value in sorted(told.items())}


PAGES = (page("earlier/{customer:path}", earlier), page("customers/{customer:path}", show))
