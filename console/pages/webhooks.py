"""*Webhooks*: who is told of signals and of tasks that were not done in time, what became of each call, a test, and another try."""

from starlette.responses import Response

from console.seats import page
from console.visit import Visit
from schemas.audit import Action
from schemas.codec import dumps, loads
from schemas.errors import Misconfigured
from sinks.webhooks.core.alerts import Alert, read_step


async def show(visit: Visit) -> Response:
    """Show the addresses of the site and the calls of the period."""
    return await _page(visit, "")


async def act(visit: Visit) -> Response:
    """Call an address by hand: with an example, or again about what it has not accepted."""
    form = await visit.request.form()
    kind, name, signal_id = (str(form.get(field, ""))[:200] for field in ("act", "address", "signal"))
    if kind == "test":
        await visit.note(Action.CALLED_WEBHOOK, detail=f"test of {name}")
        return await _page(visit, await visit.desk.outside.webhooks.test(name, visit.site, visit.user.name))
    if kind != "again":
        raise Misconfigured("There is nothing that could be done so. Go back to Webhooks.")
    alert = await _signal(visit, signal_id) or await _escalation(visit, signal_id)
    if not alert:
        raise Misconfigured("This signal or task stands no more, so nobody is told of it. Go back to Webhooks.")
    await visit.note(Action.CALLED_WEBHOOK, customer=alert["customer_id"], detail=f"again to {name}")
    return await _page(visit, await visit.desk.outside.webhooks.send(name, alert, visit.user.name))


async def _signal(visit: Visit, signal_id: str) -> Alert | None:
    found = await visit.ask("signal_told", signal=signal_id)
    return {**found[0], "payload": loads(found[0]["payload"])} if found and found[0]["status"] == "fired" else None


async def _escalation(visit: Visit, step_id: str) -> Alert | None:
    found = await visit.ask("escalation_told", step=step_id)
    return read_step(dumps(found[0])) if found else None


async def _page(visit: Visit, said: str) -> Response:
    calls = await visit.ask("webhook_calls")
    return visit.page("webhooks.html", addresses=visit.desk.outside.webhooks.of(visit.site), calls=calls, said=said)


PAGES = (page("webhooks", show, needs="admin"), page("webhooks", act, needs="admin", methods=("POST",)))
