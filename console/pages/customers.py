"""*Customers*: everybody who is known, searched, filtered and sorted; for analysts as a file too."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from console.core.search import SEEN, SORTS, Search, read_search, told_of
from console.core.sheets import head, sheet
from console.ports import Row
from console.seats import page
from console.visit import Visit
from schemas.audit import Action

A_PAGE = 50
AT_ONCE = 5_000
"""Rows of an export that are held at one time."""
MOST = 100_000
"""Rows of an export."""
COLUMNS = (
    "customer_id",
    "stage",
    "bands",
    "scores",
    "interests",
    "orders",
    "value",
    "sessions",
    "page_views",
    "events",
    "visitors",
    "first_seen",
    "last_seen",
    "first_channel",
    "last_channel",
    "channels",
    "consent",
    "preferences",
    "traits",
)


async def show(visit: Visit) -> Response:
    """Show a page of the customers that a search lets through, when it is recorded who was looked for, and how."""
    search = read_search(visit.request.query_params)
    rows, counted, choices = await asyncio.gather(
        visit.ask("customers_found", limit=str(A_PAGE), **search.parameters()),
        visit.ask("customers_counted", **search.parameters()),
        visit.ask("customers_choices"),
    )
    asked_for = search.text if any(row["customer_id"] == search.text for row in rows) else ""
    await visit.note(Action.LISTED_CUSTOMERS, customer=asked_for, detail=told_of(search, _offered(choices)))
    return visit.page(
        "customers.html",
        search=search,
        rows=[{**row, "known": _known(row)} for row in rows],
        counted=counted[0],
        choices=_by_filter(choices),
        sorts=SORTS,
        seen=SEEN,
        more=search.onward(rows[-1]) if len(rows) == A_PAGE else None,
        may_export=visit.user.may("analyst", visit.site),
        most=MOST,
    )


async def export(visit: Visit) -> Response:
    """Send the customers that a search lets through as CSV, at most `MOST`, a part at a time."""
    search = read_search(visit.request.query_params)
    choices = await visit.ask("customers_choices")
    await visit.note(Action.EXPORTED, detail=f"customers, {told_of(search, _offered(choices))}")
    first = await _part(visit, search)  # a store that is away is told as a page, before the file begins
    return StreamingResponse(
        _lines(visit, search, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{visit.site}-customers.csv"'},
    )


async def _lines(visit: Visit, search: Search, rows: Sequence[Row]) -> AsyncIterator[str]:
    yield head(COLUMNS)
    sent = 0
    while rows:
        yield sheet(rows, COLUMNS)
        sent += len(rows)
        if len(rows) < AT_ONCE or sent >= MOST:
            return
        search = search.beyond(rows[-1])
        rows = await _part(visit, search)


async def _part(visit: Visit, search: Search) -> Sequence[Row]:
    return await visit.ask("customers_found", limit=str(AT_ONCE), **search.parameters())


def _offered(choices: Sequence[Row]) -> set[tuple[str, str]]:
    return {(row["of"], row["choice"]) for row in choices}


def _by_filter(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["of"], []).append(row)
    return found


def _known(row: Row) -> Mapping[str, Any]:
    """Return the traits that a list shows."""
    told = json.loads(row["traits"]) if row["traits"] else {}
    return {name: told[name] for name in ("name", "email", "company") if isinstance(told.get(name), str)}


PAGES = (page("customers", show), page("customers.csv", export, needs="analyst"))
