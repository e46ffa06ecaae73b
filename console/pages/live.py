"""*Live*: events as they come."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit

NEWEST = "60"


async def show(visit: Visit) -> Response:
    """Show the newest events; the page asks for its rows again every few seconds."""
    return visit.page("live.html", events=await visit.ask("newest_events", limit=NEWEST))


async def rows(visit: Visit) -> Response:
    """Return the rows alone."""
    return visit.page("live_rows.html", events=await visit.ask("newest_events", limit=NEWEST))


PAGES = (page("live", show), page("live/rows", rows))
