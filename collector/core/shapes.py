"""The shape of the messages that browsers and SDKs really send, read in one pass.

These shapes may only accept: whatever has another field, type or size is read again as plain JSON and decided by the steps of
accept.py. What they accept comes to the same event (tests/collector/core/test_plain.py holds it).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.kinds import Kind

BIGGEST = 2**63 - 1
Text = Annotated[str, Meta(max_length=8192)] | None | UnsetType
Name = Annotated[str, Meta(max_length=500)] | None | UnsetType
Id = Annotated[str, Meta(max_length=200)] | None | UnsetType
Time = Annotated[str, Meta(max_length=64)] | None | UnsetType
Short = Annotated[str, Meta(max_length=64)] | None | UnsetType
Whole = Annotated[int, Meta(ge=-BIGGEST, le=BIGGEST)]
Real = Annotated[float, Meta(gt=-1e15, lt=1e15)]  # beyond it the two libraries write exponents differently
Scalar = str | bool | Whole | Real | None
Inner = dict[str, Scalar | list[Scalar]]
Properties = dict[str, Scalar | list[Scalar | Inner] | Inner]

KINDS = Literal[tuple(kind.value for kind in Kind)]  # type: ignore[valid-type]  # made from the one list of kinds


class Page(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`context.page`."""

    category: Text = UNSET
    hash: Text = UNSET
    name: Text = UNSET
    path: Text = UNSET
    referrer: Text = UNSET
    search: Text = UNSET
    title: Text = UNSET
    url: Text = UNSET


class Screen(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    """`context.screen`."""

    density: Whole | Real | UnsetType = UNSET
    height: Annotated[int, Meta(ge=0, le=65_535)] | UnsetType = UNSET
    inner_height: Whole | UnsetType = UNSET
    inner_width: Whole | UnsetType = UNSET
    width: Annotated[int, Meta(ge=0, le=65_535)] | UnsetType = UNSET


class Library(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`context.library`."""

    name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    version: Short = UNSET


class Context(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    """`context`: what an SDK says about the surroundings."""

    app: Inner | UnsetType = UNSET
    campaign: Inner | UnsetType = UNSET
    library: Library | UnsetType = UNSET
    locale: Short = UNSET
    network: Inner | UnsetType = UNSET
    os: Inner | UnsetType = UNSET
    page: Page | UnsetType = UNSET
    screen: Screen | UnsetType = UNSET
    session_id: Whole | Short = UNSET
    timezone: Short = UNSET
    user_agent: Annotated[str, Meta(max_length=1024)] | UnsetType | None = UNSET
    user_agent_data: Properties | UnsetType = UNSET
    webdriver: bool | UnsetType = UNSET


class Message(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    """One message of a type that is not rare."""

    metadata: Any = msgspec.field(name="_metadata", default=UNSET)
    anonymous_id: Id = UNSET
    category: Name = UNSET
    channel: Short = UNSET
    context: Context | UnsetType = UNSET
    engaged_ms: Annotated[int, Meta(ge=0, le=14_400_000)] | UnsetType = UNSET
    event: Name = UNSET
    group_id: Id = UNSET
    integrations: Inner | UnsetType = UNSET
    kind: KINDS | UnsetType = UNSET  # type: ignore[valid-type]
    message_id: Id = UNSET
    name: Name = UNSET
    original_timestamp: Time = UNSET
    pageview_id: Id = UNSET
    properties: Properties | UnsetType = UNSET
    scroll_pct: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    sent_at: Time = UNSET
    seq: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType = UNSET
    timestamp: Time = UNSET
    traits: Properties | UnsetType = UNSET
    type: Literal["page", "screen", "track", "identify", "group"] | UnsetType = UNSET
    user_id: Id = UNSET
    write_key: str | UnsetType | None = UNSET


class Envelope(msgspec.Struct, gc=False, rename="camel"):
    """The body of a batch; what else stands beside the messages is nobody's."""

    batch: list[Message]
    sent_at: Any = None
    write_key: Any = None


_read_message = msgspec.json.Decoder(Message).decode
_read_envelope = msgspec.json.Decoder(Envelope).decode
canonical_into = msgspec.json.Encoder(order="deterministic").encode_into
"""Writes the bytes that the content hash is of: sorted, without spaces, as the steps write them. Objects are sorted here, and shapes
have their fields in the order of their names."""


def sent(message: Message) -> Any:
    """Return a message as plain JSON values, with nothing that it did not have."""
    return msgspec.to_builtins(message)


def read_shapes(body: bytes, *, batch: bool) -> Envelope | None:
    """Return the messages of a body when all of them have these shapes, else None."""
    try:
        if batch:
            return _read_envelope(body)
        message = _read_message(body)
    except (ValueError, RecursionError):
        return None
    return Envelope([message], message.sent_at or None, message.write_key)
