"""What the console asks of webhooks: which addresses there are, and a call by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Listed:
    """An address as it is shown: its host, and never its whole URL. `triggers` are empty where it is told of all; `tells`: of what at all."""

    name: str
    host: str
    body: str
    triggers: tuple[str, ...]
    tells: tuple[str, ...] = ("signals",)


class Webhooks(Protocol):
    """The addresses of the settings."""

    def of(self, site: str) -> Sequence[Listed]:
        """Return the addresses that are told of what happens on a site."""

    async def test(self, name: str, site: str, made_by: str) -> str:
        """Call an address once with an example, keep that in the history, and return what to say. Raises Misconfigured for one of no name."""

    async def send(self, name: str, signal: Mapping[str, Any], made_by: str) -> str:
        """Call an address once about an alert, as the lane would; otherwise as `test`."""


class NoWebhooks:
    """A console without addresses."""

    def of(self, _site: str) -> Sequence[Listed]:
        """Return no address."""
        return ()

    async def test(self, name: str, site: str, made_by: str) -> str:
        """Refuse: there is none."""
        raise Misconfigured(f"No address of {site} is called {name[:80]!r}, {made_by}. Write [webhooks.NAME] into the settings file.")

    async def send(self, name: str, signal: Mapping[str, Any], made_by: str) -> str:
        """Refuse: there is none."""
        return await self.test(name, signal["site"], made_by)
