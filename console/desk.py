"""What all pages share: the outside, the templates, the cookies and the counter of wrong passwords."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.templating import Jinja2Templates

from collector.core.addresses import kept_address
from console.calling import NoWebhooks, Webhooks
from console.core import figures
from console.core.accounts import User
from console.core.attempts import Attempts
from console.core.openid import user_of
from console.core.sessions import SessionCookies
from console.core.watching import Watching
from console.openid import Provider
from console.plans import NoPlans, Plans
from console.ports import EndedHere, EndedSessions, Journal, Nowhere, Parts, Store, Users, Writer
from console.recording import Steps
from schemas.audit import Action

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that the console reaches. `sites` names those that exist, `keys` sign its cookies, newest last, `clock` is Unix seconds.

    `fingerprint` makes the keyed hash of a site's customer.
    """

    store: Store
    parts: Parts
    users: Users
    sites: Callable[[], Sequence[str]]
    keys: Sequence[str]
    clock: Callable[[], float]
    plans: Plans = field(default_factory=NoPlans)
    provider: Provider | None = None
    openid_title: str = ""
    webhooks: Webhooks = field(default_factory=NoWebhooks)
    writer: Writer = field(default_factory=Nowhere)
    journal: Journal = field(default_factory=Nowhere)
    ended: EndedSessions = field(default_factory=EndedHere)
    fingerprint: Callable[[str, str], str] = lambda _site, _customer: ""


@dataclass(frozen=True, slots=True)
class Desk:
    """The outside, and what is made of it once."""

    outside: Outside
    templates: Jinja2Templates
    cookies: SessionCookies
    steps: Steps
    attempts: Attempts = field(default_factory=Attempts)
    watching: Watching = field(default_factory=Watching)

    def user_of(self, name: str, told: Sequence[str] | None, began_at: int) -> User | None:
        """Return the user of a session as the user is now: that of the file, else what a service told, by the mapping as it is now."""
        provider = self.outside.provider
        if told is not None and provider is None:
            return None
        known = self.outside.users.find(name)
        return known if known is not None or told is None or provider is None else user_of(provider.client, name, told, began_at)

    def now(self) -> datetime:
        """Return the time, UTC."""
        return datetime.fromtimestamp(self.outside.clock(), UTC)

    def now_ms(self) -> int:
        """Return the time, Unix milliseconds."""
        return int(self.outside.clock() * 1000)

    async def note(self, action: Action, *, made_by: str, **more: str) -> None:
        """Write an entry into the audit log; `more` are its `site`, `customer`, `detail` and the `address` of who did it.

        It is recorded when this returns. Raises Retryable when nothing takes it.
        """
        site, customer = more.get("site", ""), more.get("customer", "")
        entry = {"entry_id": secrets.token_hex(12), "at": self.now_ms(), "site": site, "made_by": made_by, "action": action.value}
        entry |= {"customer_id": customer, "who": self.outside.fingerprint(site, customer) if customer else ""}
        await self.outside.journal.write(
            entry | {"detail": more.get("detail", ""), "address": kept_address(more.get("address", ""), "truncate") or ""}
        )


def desk_over(outside: Outside) -> Desk:
    """Return a desk over the outside."""
    templates = Jinja2Templates(FOLDER / "templates")
    filters = {"count": figures.count, "duration": figures.duration, "share": figures.share, "change": figures.change}
    templates.env.filters.update(filters)
    return Desk(outside, templates, SessionCookies(outside.keys), Steps(outside.writer, lambda: int(outside.clock() * 1000)))
