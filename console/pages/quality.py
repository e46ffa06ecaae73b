"""*Data quality*: what was turned away and why, how much is machines, how late events come."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit
from schemas.audit import Action


async def show(visit: Visit) -> Response:
    """Show the reasons, the shares of traffic and the delays."""
    reasons, traffic, arrival = await visit.ask_all("rejected_by_reason", "traffic_shares", "arrival")
    return visit.page("quality.html", reasons=reasons, traffic=traffic, arrival=arrival)


async def examples(visit: Visit) -> Response:
    """Show the originals of one reason: what people sent, so for analysts."""
    reason = visit.request.path_params["reason"]
    await visit.note(Action.LOOKED_AT_ORIGINALS, detail=reason[:80])
    return visit.page("rejected.html", reason=reason, rows=await visit.ask("rejected_examples", reason=reason))


PAGES = (page("quality", show), page("quality/{reason}", examples, needs="analyst"))
