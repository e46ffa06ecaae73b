"""*Health*: every part of the line, how far behind it is, and how old the newest row is."""

import asyncio

from starlette.responses import Response

from console.ports import Row
from console.seats import page
from console.visit import Visit
from schemas.errors import Retryable


async def show(visit: Visit) -> Response:
    """Show the parts, also when the store is one of those that do not answer."""
    parts, freshness = await asyncio.gather(visit.desk.outside.parts.health(), _freshness(visit))
    return visit.page("health.html", parts_of_line=parts, freshness=freshness, audit=visit.desk.outside.journal.trouble())


async def _freshness(visit: Visit) -> Row | str:
    try:
        return next(iter(await visit.ask("freshness")), {})
    except Retryable as error:
        return str(error)


PAGES = (page("health", show),)
