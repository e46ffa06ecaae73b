"""*Tracking plan*: what holds, what came of it, what would break it, and the next version on its way."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from collector.core.plans import InvalidPlan, read_plan
from collector.core.published_plans import PublishedPlan, parsed
from console.core.plan_changes import NOTHING, changes
from console.core.planned import Finding, findings, held_against, part_of
from console.core.proposals import Content, as_yaml, infer, laid_over
from console.ports import Row
from console.seats import page
from console.visit import Visit
from schemas.audit import Action
from schemas.errors import Misconfigured

LONGEST_NOTE = 200


async def show(visit: Visit) -> Response:
    """Show the plan that holds beside what came, and what it turned away."""
    held, seen, violations = await asyncio.gather(_held(visit), visit.ask("plan_events"), visit.ask("plan_violations"))
    version, content = held
    against = held_against(content or NOTHING, seen)
    return visit.page("plan.html", version=version, content=content, held=against, violations=violations, moment=_moment)


async def sample(visit: Visit) -> Response:
    """Return the piece of the page that says what the newest events would break, also those that are kept."""
    _, content = await _held(visit)
    newest = await _sample(visit)
    return visit.page("plan_findings.html", findings=await _found(content or NOTHING, newest), looked=len(newest))


async def propose(visit: Visit) -> Response:
    """Show a proposal: what the newest events follow, over the plan that holds; or an earlier version again."""
    again = visit.request.query_params.get("version", "")
    if again:
        return await _review(visit, (await _version(visit, again)).text)
    _, content = await _held(visit)
    newest = await _sample(visit)
    inferred = infer((row["name"] or row["kind"], json.loads(row["properties"])) for row in newest)
    return await _review(visit, as_yaml(laid_over(content, inferred) if content else inferred), newest=newest)


async def check(visit: Visit) -> Response:
    """Show a proposal as somebody changed it, with what it would change and break, or its first mistake."""
    return await _review(visit, await _told(visit, "plan"), note=await _told(visit, "note"))


async def publish(visit: Visit) -> Response:
    """Publish a proposal as the next version."""
    text, note = await _told(visit, "plan"), (await _told(visit, "note"))[:LONGEST_NOTE]
    try:
        await asyncio.to_thread(_checked, text)
    except InvalidPlan:
        return await _review(visit, text, note=note)
    await visit.note(Action.PUBLISHED, detail="tracking plan")
    try:
        await asyncio.to_thread(visit.desk.outside.plans.publish, visit.site, text, by=visit.user.name, note=note)
    except Misconfigured as error:
        return await _review(visit, text, note=note, trouble=str(error))
    return RedirectResponse(visit.link("plan"), status_code=303)


async def version(visit: Visit) -> Response:
    """Show a version as it was published, and what it changed."""
    number = visit.request.path_params["version"]
    shown = await _version(visit, str(number))
    before = next((one for one in await _versions(visit) if one.version < number), None)
    changed = changes(_content(before.text) if before else NOTHING, _content(shown.text))
    return visit.page("plan_version.html", version=shown, before=before, changes=changed, moment=_moment)


async def history(visit: Visit) -> Response:
    """Show every version."""
    return visit.page("plan_history.html", versions=await _versions(visit), moment=_moment)


async def _review(visit: Visit, text: str, *, note: str = "", trouble: str = "", newest: Sequence[Row] | None = None) -> Response:
    held, proposed = (await _held(visit))[1] or NOTHING, None
    try:
        proposed = await asyncio.to_thread(_checked, text)
    except InvalidPlan as error:
        trouble = trouble or f"{error} Correct it and check again."
    found: Sequence[Finding] = ()
    if proposed is not None:
        found = await _found(proposed, await _sample(visit) if newest is None else newest)
    return visit.page(
        "plan_proposal.html",
        status=422 if trouble else 200,
        text=text,
        note=note,
        trouble=trouble,
        changes=changes(held, proposed) if proposed is not None else (),
        findings=found,
        right=proposed is not None,
        may_publish=visit.user.may("admin", visit.site),
    )


def _checked(text: str) -> Content:
    content = parsed(text)
    read_plan(content)
    return dict(content)


def _content(text: str) -> Content:
    return dict(parsed(text))


async def _found(content: Content, newest: Sequence[Row]) -> list[Finding]:
    told = ((row["name"], row["kind"], json.loads(row["properties"])) for row in newest)
    return await asyncio.to_thread(lambda: findings(read_plan(content), told))


async def _sample(visit: Visit) -> Sequence[Row]:
    (size,) = await visit.ask("plan_size")
    return await visit.ask("plan_sample", part=str(part_of(int(size["events"]), int(size["beside"]))))


async def _held(visit: Visit) -> tuple[PublishedPlan | None, Content | None]:
    """Return the version that holds and its content; without a version the settings' plan, None where there is none."""
    plans = visit.desk.outside.plans
    published = await asyncio.to_thread(plans.current, visit.site)
    text = published.text if published else await asyncio.to_thread(plans.settled, visit.site)
    return published, (await asyncio.to_thread(_content, text) if text else None)


async def _versions(visit: Visit) -> Sequence[PublishedPlan]:
    return await asyncio.to_thread(visit.desk.outside.plans.versions, visit.site)


async def _version(visit: Visit, number: str) -> PublishedPlan:
    found = next((one for one in await _versions(visit) if str(one.version) == number), None)
    if found is None:
        raise Misconfigured(f"There is no version {number[:20]!r} of this plan. Go back to its history.")
    return found


async def _told(visit: Visit, name: str) -> str:
    return str((await visit.request.form()).get(name, "")).replace("\r\n", "\n")


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")


PAGES = (
    page("plan", show),
    page("plan/sample", sample),
    page("plan/history", history),
    page("plan/versions/{version:int}", version),
    page("plan/proposal", propose, needs="analyst"),
    page("plan/proposal/check", check, needs="analyst", methods=("POST",)),
    page("plan/proposal/publish", publish, needs="admin", methods=("POST",)),
)
