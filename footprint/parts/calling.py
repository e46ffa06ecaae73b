"""Calls of webhooks by hand: to addresses of the settings and no other, signed and kept as all calls are."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from console.calling import Listed
from console.kafka import KafkaWriter
from footprint.parts.webhooks import DeliveryLog, addresses_of, example_for, said_of
from footprint.settings import Settings
from schemas.errors import Misconfigured
from sinks.webhooks.calls import call_once, delivery_of
from sinks.webhooks.core.alerts import Address
from sinks.webhooks.core.bodies import body_of
from sinks.webhooks.http import HttpCaller


class CallsByHand:
    """The `Webhooks` of `console.calling`."""

    def __init__(self, settings: Settings, writer: KafkaWriter, now_ms: Any) -> None:
        self._settings = settings
        self._addresses = addresses_of(settings)
        self._history = DeliveryLog(writer)
        self._now_ms = now_ms

    def of(self, site: str) -> Sequence[Listed]:
        """Return the addresses of a site; see `console.calling.Webhooks`."""
        return [self._listed(address) for address in self._addresses if not address.sites or site in address.sites]

    async def test(self, name: str, site: str, made_by: str) -> str:
        """Call once with an example; see `console.calling.Webhooks`."""
        return await self.send(name, example_for(self._named(name, site), site, self._now_ms()), made_by)

    async def send(self, name: str, signal: Mapping[str, Any], made_by: str) -> str:
        """Call once about an alert; see `console.calling.Webhooks`."""
        address = self._named(name, signal["site"])
        caller = HttpCaller(ca_file=self._settings.webhooks_ca_file)
        try:
            made = await call_once(address, caller, signal, body_of(signal, address.shape, address.template))
        finally:
            await caller.stop()
        await self._history.note(delivery_of(address, signal, made, attempt=0, made_by=made_by))
        return said_of(name, made)

    def _listed(self, address: Address) -> Listed:
        told = self._settings.webhooks[address.name]
        body = told.shape if not told.template else "template of its own" if told.template.lstrip().startswith("{") else told.template
        return Listed(
            address.name,
            urlsplit(address.url).hostname or "",
            body,
            tuple(sorted(address.triggers)),
            tuple(sorted(address.tells, reverse=True)),
        )

    def _named(self, name: str, site: str) -> Address:
        found = next((one for one in self._addresses if one.name == name and (not one.sites or site in one.sites)), None)
        if found is None:
            raise Misconfigured(f"No address of this website is called {name[:80]!r}. Choose one of the list.")
        return found
