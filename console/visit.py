"""One request of somebody who is signed in and may see the site, and what its page needs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from console.core.accounts import User
from console.core.periods import CHOICES, Period
from console.core.sessions import Session
from console.desk import Desk
from console.ports import Row
from console.questions import question
from schemas.audit import Action


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, for which site and period."""

    request: Request
    desk: Desk
    session: Session
    user: User
    site: str
    period: Period

    async def ask(self, name: str, **more: str) -> Sequence[Row]:
        """Return the answer to a question about this site and period; `more` are its other parameters."""
        return await self.desk.outside.store.ask(question(name).sql, self.parameters(name, more))

    async def ask_all(self, *names: str) -> list[Sequence[Row]]:
        """Return the answers to several questions, asked at the same time."""
        return await asyncio.gather(*(self.ask(name) for name in names))

    async def note(self, action: Action, *, customer: str = "", detail: str = "") -> None:
        """Record in the audit log what is being looked at or changed, before it is shown. Raises Retryable when it cannot be recorded.

        `detail` names a page, a question or a step, never a person.
        """
        address = self.request.client.host if self.request.client else ""
        await self.desk.note(action, made_by=self.user.name, site=self.site, customer=customer, detail=detail, address=address)

    def parameters(self, name: str, more: Mapping[str, str]) -> dict[str, str]:
        """Return the values of a question's parameters: its own defaults, this period, those given; the site is this one whatever is given."""
        taken = {parameter.name: parameter.default for parameter in question(name).parameters}
        taken |= {**self.period.parameters(), **more, "site": self.site}
        return {key: value for key, value in taken.items() if f"{{{key}:" in question(name).sql}

    def link(self, path: str, **query: str) -> str:
        """Return the address of a page of this site that shows the same period."""
        carried = {**self.period.query(), **{name: value for name, value in query.items() if value}}
        return f"/s/{self.site}/{path}?{urlencode(carried)}"

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """Return a page."""
        known = {"visit": self, "periods": CHOICES, "sites": self.user.sites_of(self.desk.outside.sites())}
        return self.desk.templates.TemplateResponse(self.request, template, known | context, status_code=status)
