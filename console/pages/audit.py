"""*Audit*: who looked at whom, who listed, asked, exported and changed what; and, for who sees every website, who signed in."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from console.core.accounts import EVERY_SITE
from console.ports import Row
from console.questions import question
from console.seats import page
from console.visit import Visit
from schemas.audit import Action

NOBODY = "-"
"""The hash of no customer."""


async def show(visit: Visit) -> Response:
    """Show the entries of the period, those of one user, one action, or about one customer."""
    told = {name: visit.request.query_params.get(name, "").strip()[:200] for name in ("user", "action", "customer")}
    asked = {name: told[name] or "*" for name in ("user", "action")}
    asked["who"] = visit.desk.outside.fingerprint(visit.site, told["customer"]) or NOBODY if told["customer"] else "*"
    rows = list(await visit.ask("audit_entries", **asked))
    if visit.user.grants.get(EVERY_SITE) == "admin":
        rows += await _of_no_site(visit, asked)
    rows.sort(key=lambda row: row["at"], reverse=True)
    return visit.page("audit.html", rows=rows, told=told, asked=asked, actions=list(Action), trouble=visit.desk.outside.journal.trouble())


async def _of_no_site(visit: Visit, asked: Mapping[str, str]) -> Sequence[Row]:
    """Return what belongs to no website: sign-ins, and changes of users."""
    parameters = {**visit.parameters("audit_entries", asked), "site": ""}
    return await visit.desk.outside.store.ask(question("audit_entries").sql, parameters)


PAGES = (page("audit", show, needs="admin"),)
