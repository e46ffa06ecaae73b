"""One message becomes an event of the events topic, or a `Rejection`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from collector.core import privacy, steps
from collector.core.drafts import Arrival, Draft
from collector.core.plans import PlanWarning
from collector.core.readers import text
from schemas import codec
from schemas.rejections import Reason, Rejection
from schemas.topics import MAX_RECORD_BYTES

STEPS: tuple[Callable[[Draft], Rejection | None], ...] = (
    steps.drop_wrong_shapes,
    steps.put_content_hash,
    steps.drop_unknown_type,
    steps.put_kind,
    steps.drop_choice_by_get,
    steps.put_event_id,
    privacy.drop_declined,
    steps.put_people,
    privacy.drop_suppressed,
    privacy.put_pseudonyms,
    steps.drop_nobody,
    steps.put_times,
    steps.put_device,
    steps.put_page,
    steps.put_engagement,
    steps.put_value,
    steps.put_references,
    steps.put_traits,
    steps.put_props,
    steps.drop_plan_violation,
)


class Accepted(msgspec.Struct, gc=False):
    """An event as it will be written: `owner` (empty: nobody's) decides its partition, `encoded` is its line."""

    event_id: str
    content_hash: str
    owner: str
    encoded: bytes
    warnings: tuple[str | PlanWarning, ...] = ()


def accept(message: Any, arrival: Arrival, *, index: int, new_id: Callable[[], str]) -> Accepted | Rejection:
    """Run the steps over one message. Any JSON value gives an `Accepted` or a `Rejection`, never an exception.

    An accepted event validates as `schemas.events.Event`. `new_id` makes the id of an event that came without one.
    """
    if not isinstance(message, dict):
        rejection = Rejection(Reason.NOT_AN_OBJECT, "The event is not a JSON object. Send one object per event.")
        return replace(rejection, index=index, original=privacy.original_of(message, arrival))
    draft = Draft(arrival, message, new_id, {"site": arrival.site.site})
    for step in STEPS:
        rejected = step(draft)
        if rejected is not None:
            return _located(rejected, message, arrival, index=index)
    encoded = codec.dumps(draft.event)
    if len(encoded) > MAX_RECORD_BYTES:  # digits such as 1e15 grow when they are written out
        rejection = Rejection(Reason.TOO_LARGE, "The event is too large when written out. Send less in its properties.")
        return _located(rejection, message, arrival, index=index)
    event = draft.event
    owner = event.get("visitor_id") or event.get("customer_id", "")
    return Accepted(event["event_id"], event["content_hash"], owner, encoded, tuple(draft.warnings))


def _located(rejection: Rejection, message: dict[str, Any], arrival: Arrival, *, index: int) -> Rejection:
    event_id = text(message.get("messageId"), steps.MAX_MESSAGE_ID) or ""
    original = "" if rejection.reason is Reason.NOT_STORED else privacy.original_of(message, arrival)
    return replace(rejection, index=index, event_id=event_id, original=original)
