"""*Journeys*: how many go the way that leads somewhere, where they leave it, and whether they come back."""

from datetime import timedelta

from starlette.responses import Response

from console.core.cohorts import cohorts
from console.questions import question
from console.seats import page
from console.visit import Visit

STEPS = ("step1", "step2", "step3")
WEEKS = 8


async def show(visit: Visit) -> Response:
    """Show the funnel that the form asks for; exits and ways come after the page, by `ways`, and weeks by `weeks`."""
    told = visit.request.query_params
    usual = {parameter.name: parameter.default for parameter in question("funnel").parameters}
    steps = {name: told.get(name, "").strip()[:200] or usual[name] for name in STEPS}
    within = told.get("within", "")
    window = within if within.isdecimal() and 0 < int(within[:9]) <= 10_000_000 else usual["within"]
    return visit.page("journeys.html", steps=steps, within=window, funnel=await visit.ask("funnel", **steps, within=window))


async def ways(visit: Visit) -> Response:
    """Return where sessions of the period end, and which ways they take."""
    rows = await visit.ask("journey_ways")
    exits, taken = ([row for row in rows if row["part"] == part] for part in ("page", "way"))
    return visit.page("ways.html", exits=exits, ways=taken)


async def weeks(visit: Visit) -> Response:
    """Return the triangle of the last eight weeks, whatever period the page shows."""
    start = visit.period.end - timedelta(weeks=WEEKS)
    rows = await visit.ask("journey_retention", **{"from": str(int(start.timestamp()))})
    return visit.page("weeks.html", cohorts=cohorts(rows, visit.period.end.date()))


PAGES = (page("journeys", show), page("journeys/ways", ways), page("journeys/weeks", weeks))
