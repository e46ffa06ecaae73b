"""What a payload holds: one message, or a batch of them."""

from dataclasses import dataclass
from typing import Any

from collector.core.answers import Refusal

MAX_BATCH = 10_000
"""Events of one request."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Batch:
    """The messages of one request, and the request's own clock as sent."""

    messages: list[Any]
    sent_at: Any = None


def read_batch(payload: Any) -> Batch | Refusal:
    """Read `{"batch": [...], "sentAt": ...}`, or a bare list of messages."""
    envelope = payload if isinstance(payload, dict) else {"batch": payload}
    messages = envelope.get("batch")
    if not isinstance(messages, list):
        return Refusal(400, "no_batch", 'The body has no list "batch". Send {"batch": [...]}.')
    if len(messages) > MAX_BATCH:
        return Refusal(
            413, "too_many_events", f"A batch holds at most {MAX_BATCH:,} events, this one {len(messages):,}. Send smaller batches."
        )
    return Batch(messages, envelope.get("sentAt"))


def read_single(payload: Any) -> Batch | Refusal:
    """Read one message."""
    if not isinstance(payload, dict):
        return Refusal(400, "not_an_object", "The body is not a JSON object. Send one message.")
    return Batch([payload], payload.get("sentAt"))
