"""*Signals*: what fired, what was held back and why."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit
from schemas.audit import Action


async def show(visit: Visit) -> Response:
    """Show the signals of the period, when it is recorded who sees whom they are about."""
    triggers, newest, tasks = await visit.ask_all("signals_by_trigger", "signals_newest", "signal_tasks")
    if newest:
        await visit.note(Action.LISTED_CUSTOMERS, detail="signals")
    return visit.page("signals.html", triggers=triggers, newest=newest, tasks={row["signal_id"]: row for row in tasks})


PAGES = (page("signals", show),)
