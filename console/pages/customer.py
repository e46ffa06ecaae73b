"""*Customer*: who it is, where it stands and why, and everything it did."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from console.core.contributions import explained
from console.core.story import chapters
from console.seats import page
from console.visit import Visit
from schemas.errors import Misconfigured

FULL = 300
"""Events of one page of the timeline, as its question says."""


async def show(visit: Visit) -> Response:
    """Show one customer."""
    customer = visit.request.path_params["customer"]
    asked = ("customer_row", "customer_scores", "customer_why", "customer_stages", "customer_signals", "customer_timeline")
    who, scores, why, stages, signals, events = await asyncio.gather(*(visit.ask(name, customer=customer) for name in asked))
    if not who:
        return visit.page("nobody.html", status=404, customer=customer)
    return visit.page(
        "customer.html",
        customer=customer,
        who=who[0],
        traits=_traits(who[0]["traits"]),
        scores=scores,
        why=explained(why),
        stages=stages,
        signals=signals,
        **_story(events),
    )


async def earlier(visit: Visit) -> Response:
    """Return the part of the timeline before a time."""
    customer, until = visit.request.path_params["customer"], visit.request.query_params.get("until", "")
    try:
        datetime.fromisoformat(until)
    except ValueError:
        raise Misconfigured(f"{until[:80]!r} is no time. Go back to the customer's page.") from None
    return visit.page("story.html", customer=customer, **_story(await visit.ask("customer_timeline", customer=customer, until=until)))


def _story(events: Any) -> Mapping[str, Any]:
    until = events[-1]["event_time"] if len(events) == FULL else None
    return {"chapters": chapters(events), "until": until.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if until else ""}


def _traits(text: str) -> Mapping[str, Any]:
    told = json.loads(text) if text else {}
    return {name: value if isinstance(value, (str, int, float)) else json.dumps(value) for name, value in sorted(told.items())}


PAGES = (page("earlier/{customer:path}", earlier), page("customers/{customer:path}", show))
