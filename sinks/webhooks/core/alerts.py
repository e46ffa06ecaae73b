"""Alerts: which records of the signals topic are calls, and to which addresses (docs/semantics.md, section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.codec import loads
from schemas.signals import SignalStatus
from sinks.webhooks.core.signing import headers_of

Shape = Literal["json", "slack", "task"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where alerts go, as the operator has set it. Empty `sites` or `triggers`: all of them. `keys` sign, newest last.

    A `template` goes before the `shape`; `authorization` is the value of that header, empty for none.
    """

    name: str
    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    shape: Shape = "json"
    sites: frozenset[str] = frozenset()
    triggers: frozenset[str] = frozenset()
    template: Any = None
    authorization: str = field(default="", repr=False)

    def headers(self, signal_id: str, body: bytes, now_s: int) -> dict[str, str]:
        """Return the headers of one attempt."""
        return headers_of(signal_id, body, now_s=now_s, keys=self.keys) | (
            {"authorization": self.authorization} if self.authorization else {}
        )

    def wants(self, signal: Mapping[str, Any]) -> bool:
        """True when signals like this one go to the address."""
        return (not self.sites or signal["site"] in self.sites) and (not self.triggers or signal["trigger"] in self.triggers)


NEEDED = {"signal_id": str, "site": str, "trigger": str, "subject": str, "status": str, "fired_at": int, "at": int}


def read_signal(value: bytes | None) -> dict[str, Any] | None:
    """Return a record of the signals topic, None when it is no signal that anybody could be told about."""
    try:
        signal = loads(value or b"")
    except ValueError:
        return None
    if not isinstance(signal, dict) or not all(type(signal.get(name)) is kind for name, kind in NEEDED.items()):
        return None
    return signal


def is_alert(signal: Mapping[str, Any]) -> bool:
    """True for a signal that goes out."""
    return bool(signal["status"] == SignalStatus.FIRED)


def is_withdrawn(signal: Mapping[str, Any]) -> bool:
    """True for a signal that stands no more: an alert for it that still waits must not go out."""
    return bool(signal["status"] == SignalStatus.WITHDRAWN)
