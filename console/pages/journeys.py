"""*Journeys*: how many go the way that leads somewhere, where they leave it, and whether they come back."""

import asyncio
from datetime import timedelta

from starlette.responses import Response

from console.core.cohorts import cohorts
from console.questions import question
from console.seats import page
from console.visit import Visit

STEPS = ("step1", "step2", "step3")
WEEKS = 8


async def show(visit: Visit) -> Response:
    """Show the funnel that the form asks for, exits and ways; weeks come after the page, by `weeks`."""
    told = visit.request.query_params
    usual = {parameter.name: parameter.default for parameter in question("funnel").parameters}
    steps = {name: told.get(name, "").strip()[:200] or usual[name] for name in STEPS}
    within = told.get("within", "")
    window = within if within.isdecimal() and 0 < int(within[:9]) <= 10_000_000 else usual["within"]
    funnel, exits, ways = await asyncio.gather(
        visit.ask("funnel", **steps, within=window), visit.ask("journey_exits"), visit.ask("journey_paths")
    )
    return visit.page("journeys.html", steps=steps, within=window, funnel=funnel, exits=exits, ways=ways)


async def weeks(visit: Visit) -> Response:
    """Return the triangle of the last eight weeks, whatever period the page shows."""
    start = visit.period.end - timedelta(weeks=WEEKS)
    rows = await visit.ask("journey_retention", **{"from": str(int(start.timestamp()))})
    return visit.page("weeks.html", cohorts=cohorts(rows, visit.period.end.date()))


PAGES = (page("journeys", show), page("journeys/weeks", weeks))
