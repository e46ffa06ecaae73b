"""*Overview*: how the website does, held against the period before."""

from collections.abc import Sequence

from starlette.responses import Response

from console.ports import Row
from console.seats import page
from console.visit import Visit


async def show(visit: Visit) -> Response:
    """Show visitors, sessions, engaged time, key events and channels."""
    totals, keys, days, channels, pages = await visit.ask_all(
        "overview_totals", "overview_key_events", "overview_days", "overview_channels", "overview_pages"
    )
    now, before = _by_part(totals)
    return visit.page(
        "overview.html", now=now, before=before, key_events=keys, days=days, channels=channels, pages=pages, empty=not now.get("sessions")
    )


def _by_part(rows: Sequence[Row]) -> tuple[Row, Row]:
    """Return the row of the period and the one of the period before."""
    found = {row["part"]: row for row in rows}
    nothing: Row = {}
    return found.get("now", nothing), found.get("before", nothing)


PAGES = (page("overview", show),)
