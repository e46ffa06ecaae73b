"""*Overview*: how the website does, held against the period before."""

from starlette.responses import Response

from console.core.overview import overview
from console.seats import page
from console.visit import Visit


async def show(visit: Visit) -> Response:
    """Show visitors, sessions, engaged time, key events and channels."""
    sessions, keys, pages = await visit.ask_all("overview_sessions", "overview_key_events", "overview_pages")
    told = overview(sessions, visit.period.start.date(), visit.period.end.date())
    return visit.page("overview.html", told=told, key_events=keys, pages=pages)


PAGES = (page("overview", show),)
