"""Takes one alert to one address, however often it has to knock."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Literal

import structlog

from schemas.deliveries import CallOutcome
from schemas.errors import Retryable
from schemas.rejections import Reason, Rejection, record_of
from sinks.ports import Rejected
from sinks.webhooks.calls import Made, call_once, delivery_of
from sinks.webhooks.core.alerts import Address, Alert
from sinks.webhooks.core.bodies import body_of
from sinks.webhooks.core.retrying import Outcome, Retrying
from sinks.webhooks.ports import Caller, History, NoHistory, Observer

log = structlog.get_logger()

End = Literal["delivered", "withdrawn", "dead_lettered"]
CALLS_AT_ONCE = 4
"""Open calls to one address."""
BROKER_PAUSE_S = 1.0


@dataclass(eq=False, slots=True)
class Parcel:
    """An alert on its way. `withdrawn` may be set at any time before it is delivered."""

    alert: Alert
    original: bytes
    published_ms: int
    withdrawn: bool = False
    attempts: int = 0
    problem: str = ""


class Courier:
    """Delivers to one address: a few calls at a time, and none while the address asks to be left alone."""

    def __init__(
        self,
        address: Address,
        caller: Caller,
        rejected: Rejected,
        observer: Observer,
        *,
        retrying: Retrying | None = None,
    ) -> None:
        self._address = address
        self._caller = caller
        self._rejected = rejected
        self._observer = observer
        self._retrying = retrying or Retrying()
        self._free = asyncio.Semaphore(CALLS_AT_ONCE)
        self._closed_until = 0.0
        self.history: History = NoHistory()
        """Told of each call."""
        self.trouble = ""
        """Why the last call was not accepted; empty after one that was."""

    async def deliver(self, parcel: Parcel, stop: asyncio.Event) -> End | None:
        """Return how the alert ended, None when `stop` came first."""
        body = body_of(parcel.alert, self._address.shape, self._address.template)
        while not stop.is_set():
            if parcel.withdrawn:
                return self._end(parcel, "withdrawn")
            if await self._paused(stop):
                continue
            outcome, asked_s = await self._attempt(parcel, body, stop)
            if outcome is Outcome.DELIVERED:
                return self._end(parcel, "delivered")
            if outcome is Outcome.REFUSED or self._retrying.is_over(parcel.published_ms, _now_ms()):
                return await self._give_up(parcel, stop)
            await wait(max(asked_s, self._retrying.delay_s(parcel.attempts, chance=random.random())), stop)  # noqa: S311 - spreads load
        return None

    async def _attempt(self, parcel: Parcel, body: bytes, stop: asyncio.Event) -> tuple[Outcome, float]:
        async with self._free:
            if stop.is_set() or parcel.withdrawn:
                return Outcome.FAILED, 0.0
            parcel.attempts += 1
            made = await call_once(self._address, self._caller, parcel.alert, body)
        outcome, asked_s, parcel.problem = made.outcome, made.asked_s, made.problem
        delivered = outcome is Outcome.DELIVERED
        self._note("" if delivered else parcel.problem)
        self._observer.called(self._address.name, outcome.value)
        if not delivered and asked_s:
            asked_s = min(asked_s, self._retrying.limit_s)
            self._closed_until = max(self._closed_until, time.monotonic() + asked_s)
        await self.history.note(delivery_of(self._address, parcel.alert, made, attempt=parcel.attempts))
        return outcome, asked_s

    async def _paused(self, stop: asyncio.Event) -> bool:
        """Wait while the address asked not to be called; True when it had."""
        left = self._closed_until - time.monotonic()
        if left <= 0:
            return False
        await wait(left, stop)
        return True

    async def _give_up(self, parcel: Parcel, stop: asyncio.Event) -> End | None:
        """Write the alert to the rejected topic: it is done only when that is durable."""
        record = dead_letter(parcel, self._address.name)
        while not stop.is_set():
            try:
                await self._rejected.reject([record])
            except Retryable as error:
                log.warning("webhook_waits", address=self._address.name, reason=str(error))
                await wait(BROKER_PAUSE_S, stop)
            else:
                await self.history.note(delivery_of(self._address, parcel.alert, _given_up(parcel), attempt=parcel.attempts))
                log.error("webhook_given_up", address=self._address.name, attempts=parcel.attempts, reason=parcel.problem)
                return self._end(parcel, "dead_lettered")
        return None

    def _end(self, parcel: Parcel, end: End) -> End:
        self._observer.ended(self._address.name, end, max(0.0, (_now_ms() - parcel.published_ms) / 1000))
        return end

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble:
            (log.warning if trouble else log.info)(
                "webhook_failed" if trouble else "webhook_accepted", address=self._address.name, reason=trouble
            )
        self.trouble = trouble


def dead_letter(parcel: Parcel, address: str) -> dict[str, str | int]:
    """Return the rejected record of an alert that was given up. It depends on the alert and the answers alone."""
    message = f"The webhook {address} did not take this alert: {parcel.problem}. Correct the receiver; the alert is kept here."
    rejection = Rejection(
        Reason.UNDELIVERED, message, event_id=str(parcel.alert.get("event_id", "")), original=parcel.original.decode("utf-8", "replace")
    )
    return record_of(rejection, site=parcel.alert["site"], stage="webhooks", received_at=parcel.published_ms)


def _given_up(parcel: Parcel) -> Made:
    return Made(CallOutcome.GIVEN_UP, _now_ms(), 0, 0, parcel.problem)


async def wait(seconds: float, stop: asyncio.Event) -> None:
    """Wait so long, or until `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
