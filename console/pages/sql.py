"""The SQL behind a number: every figure of the console links here."""

from shlex import quote

from starlette.responses import Response

from console.questions import needed, question
from console.seats import page
from console.visit import Visit
from schemas.audit import Action

LONGEST = 500
"""Rows that are shown."""


async def show(visit: Visit) -> Response:
    """Show a question, how to read its answer, its SQL, its parameters, and the rows."""
    asked = question(visit.request.path_params["name"])
    own = {parameter.name: visit.request.query_params.get(parameter.name, parameter.default) for parameter in asked.parameters}
    own = {name: value for name, value in own.items() if name not in ("site", "from", "to", "before")}
    parameters = visit.parameters(asked.name, own)
    missing = [name for name, value in parameters.items() if not value and name in own]
    allowed = visit.user.may(needed(asked.name), visit.site)  # rows may be more than any page of a viewer shows: originals, people
    if allowed and not missing:
        await visit.note(Action.ASKED_QUESTION, customer=own.get("customer", ""), detail=asked.name)
    rows = await visit.ask(asked.name, **own) if allowed and not missing else []
    return visit.page(
        "sql.html",
        asked=asked,
        parameters=parameters,
        missing=missing,
        allowed=allowed,
        needs=needed(asked.name),
        rows=rows[:LONGEST],
        more=len(rows) - LONGEST,
        command=_curl(asked.sql, parameters),
    )


def _curl(sql: str, parameters: dict[str, str]) -> str:
    """Return the same question for a shell."""
    given = "".join(f" --param_{name}={quote(value)}" for name, value in parameters.items())
    return f"clickhouse client{given} --query {quote(sql)}"


PAGES = (page("sql/{name}", show, needs="viewer"),)
