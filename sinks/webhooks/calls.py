"""One call to one address, and what is kept of it: by the lane, and by somebody who tests or sends again by hand."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.deliveries import CallOutcome
from schemas.errors import Retryable
from sinks.webhooks.core.alerts import Address
from sinks.webhooks.core.retrying import Outcome
from sinks.webhooks.ports import Caller


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a call. `kept` is what its history says, `status` is 0 without an answer, `asked_s` what the receiver asked to wait."""

    kept: CallOutcome
    at: int
    took_ms: int
    status: int
    problem: str
    asked_s: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """What it means for the alert."""
        return Outcome(self.kept.value)


async def call_once(address: Address, caller: Caller, signal: Mapping[str, Any], body: bytes) -> Made:
    """Call an address once; whatever happens is an outcome."""
    at, began = time.time_ns() // 1_000_000, time.monotonic()
    try:
        answer = await caller.call(address.url, body, address.headers(signal["signal_id"], body, at // 1000))
    except Retryable as error:
        return Made(CallOutcome.FAILED, at, _ms_since(began), 0, str(error))
    delivered = answer.outcome is Outcome.DELIVERED
    problem = "" if delivered else f"status {answer.status}"
    return Made(CallOutcome(answer.outcome.value), at, _ms_since(began), answer.status, problem, answer.retry_after_s or 0.0)


def delivery_of(address: Address, signal: Mapping[str, Any], made: Made, *, attempt: int, made_by: str = "") -> dict[str, Any]:
    """Return what is kept of a call: a `schemas.deliveries.Delivery`, in which no URL and no key stands."""
    return {
        "site": signal["site"],
        "address": address.name,
        "signal_id": signal["signal_id"],
        "trigger": signal["trigger"],
        "at": made.at,
        "attempt": attempt,
        "outcome": made.kept.value,
        "status": made.status,
        "took_ms": made.took_ms,
        "problem": made.problem,
        "made_by": made_by,
    }


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
