"""*Webhooks*: who is told of signals, what became of each call, a test, and another try."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit
from schemas.audit import Action
from schemas.codec import loads
from schemas.errors import Misconfigured


async def show(visit: Visit) -> Response:
    """Show the addresses of the site and the calls of the period."""
    return await _page(visit, "")


async def act(visit: Visit) -> Response:
    """Call an address by hand: with an example, or again about a signal that it has not accepted."""
    form = await visit.request.form()
    kind, name, signal_id = (str(form.get(field, ""))[:200] for field in ("act", "address", "signal"))
    if kind == "test":
        await visit.note(Action.CALLED_WEBHOOK, detail=f"test of {name}")
        return await _page(visit, await visit.desk.outside.webhooks.test(name, visit.site, visit.user.name))
    if kind != "again":
        raise Misconfigured("There is nothing that could be done so. Go back to Webhooks.")
    found = await visit.ask("signal_told", signal=signal_id)
    if not found or found[0]["status"] != "fired":
        raise Misconfigured("This signal stands no more, so nobody is told of it. Go back to Webhooks.")
    signal = {**found[0], "payload": loads(found[0]["payload"])}
    await visit.note(Action.CALLED_WEBHOOK, customer=signal["customer_id"], detail=f"again to {name}")
    return await _page(visit, await visit.desk.outside.webhooks.send(name, signal, visit.user.name))


async def _page(visit: Visit, said: str) -> Response:
    calls = await visit.ask("webhook_calls")
    return visit.page("webhooks.html", addresses=visit.desk.outside.webhooks.of(visit.site), calls=calls, said=said)


PAGES = (page("webhooks", show, needs="admin"), page("webhooks", act, needs="admin", methods=("POST",)))
