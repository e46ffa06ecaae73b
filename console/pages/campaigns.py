"""*Campaigns and e-mail*: what each campaign brought, and who read the e-mails, people apart from machines."""

import asyncio

from starlette.responses import Response

from console.core.campaigns import parts as parts_of
from console.core.campaigns import totals as totals_of
from console.core.campaigns import with_orders
from console.seats import page
from console.visit import Visit
from schemas.errors import Misconfigured


async def show(visit: Visit) -> Response:
    """Show campaigns of e-mails with what was bought after them, and campaigns that brought sessions."""
    mails, orders, visits = await visit.ask_all("mail_campaigns", "mail_orders", "visit_campaigns")
    campaigns = with_orders(mails, orders)
    return visit.page("campaigns.html", mails=campaigns, sums=totals_of(campaigns), visits=visits, parts_of=parts_of)


async def letters(visit: Visit) -> Response:
    """Show the e-mails of one campaign, and how it is known who opened and clicked them."""
    campaign = visit.request.query_params.get("campaign", "")
    if not campaign:
        raise Misconfigured("No campaign was named. Go back to Campaigns and choose one.")
    rows, reasons = await asyncio.gather(visit.ask("mail_letters", campaign=campaign), visit.ask("mail_reasons", campaign=campaign))
    return visit.page("letters.html", campaign=campaign, letters=rows, reasons=reasons, parts_of=parts_of)


PAGES = (page("campaigns", show), page("campaigns/letters", letters))
