"""What webhooks need of the world, beside the `Source` and `Rejected` of `sinks.ports`: somebody who makes calls."""

from collections.abc import Mapping
from typing import Any, Protocol

from sinks.webhooks.core.retrying import Answer


class Caller(Protocol):
    """Makes HTTP calls."""

    async def call(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST once and return the answer, whatever its status; never follows a redirect, never waits longer than some seconds.

        Raises Retryable, with a reason that names no address, when there was no answer.
        """


class History(Protocol):
    """Keeps what became of each call."""

    async def note(self, delivery: Mapping[str, Any]) -> None:
        """Keep one call (a `schemas.deliveries.Delivery`). Waits a few seconds at most and never raises: calls do not wait for their history."""


class NoHistory:
    """Keeps nothing."""

    async def note(self, delivery: Mapping[str, Any]) -> None:
        """Forget the call."""


class Observer(Protocol):
    """Told what became of calls and alerts. It must return at once and never raise."""

    def called(self, address: str, outcome: str) -> None:
        """One attempt was made."""

    def ended(self, address: str, outcome: str, seconds: float) -> None:
        """An alert is done, so many seconds after it was published: delivered, dead_lettered, withdrawn."""
