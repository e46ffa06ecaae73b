"""*Live*: events as they come."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit
from schemas.audit import Action

NEWEST = "60"


async def show(visit: Visit) -> Response:
    """Show the newest events; the page asks for its rows again every few seconds."""
    return await _shown(visit, "live.html")


async def rows(visit: Visit) -> Response:
    """Return the rows alone."""
    return await _shown(visit, "live_rows.html")


async def _shown(visit: Visit, template: str) -> Response:
    """Show who did what when it is recorded who watches: once when somebody begins, and every ten minutes while they go on."""
    events = await visit.ask("newest_events", limit=NEWEST)
    watch, now = (visit.session.csrf, visit.site), visit.desk.outside.clock()
    if events and visit.desk.watching.is_due(watch, now):
        await visit.note(Action.LISTED_CUSTOMERS, detail="live")
        visit.desk.watching.recorded(watch, now)
    return visit.page(template, events=events)


PAGES = (page("live", show), page("live/rows", rows))
