"""A form of preferences becomes choices, and choices become messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from collector.core.links import Mailed
from collector.core.mail_messages import ALL, choice, mail_message
from schemas.kinds import Kind

Source = Literal["one_click", "page"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose: topics wanted or not, where, and what the page says to it."""

    wanted: Mapping[str, bool]
    source: Source
    done: Literal["saved", "ended"]


def choices(form: Mapping[str, Sequence[str]], topics: Mapping[str, str]) -> Choices:
    """Read a form: the page's, or the one-click POST of RFC 8058, which ends everything as an empty form does."""
    if form.get("do") == ["save"] and topics:
        ticked = set(form.get("topic", ()))
        return Choices({name: name in ticked for name in topics}, "page", "saved")
    source: Source = "page" if "do" in form else "one_click"
    return Choices({ALL: False}, source, "ended")


def preference_messages(mailed: Mailed, chosen: Choices, *, event_id: Callable[[], str]) -> list[dict[str, Any]]:
    """Return one message for each topic."""
    return [
        mail_message(
            Kind.PREFERENCE,
            mailed.customer,
            event_id=event_id(),
            properties=choice(topic, wanted=wanted, source=chosen.source) | {"message_id": mailed.message},
        )
        for topic, wanted in chosen.wanted.items()
    ]
