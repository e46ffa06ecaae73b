"""What a mail program or a browser asks for from an e-mail: its address, the message that a POST of it would have carried, the answer."""

from collections.abc import Mapping

from collector.core.answers import GIF, Answer
from collector.core.links import Mailed, Purpose
from collector.core.mail_messages import NAMES
from collector.core.routes import CLICK, OPEN, Route
from collector.core.shapes import Message, Properties
from schemas.identities import MAX_ID_LENGTH
from schemas.kinds import Kind

OPENS, CLICKS, IMAGE = b"/e/o/", b"/e/c/", b".gif"
PURPOSES: Mapping[str, Purpose] = {OPEN.name: "pixel", CLICK.name: "link"}
"""What the token of an address was signed for, by the name of its route."""

EVENTS = {route.name: (kind.value, NAMES[kind]) for route, kind in ((OPEN, Kind.EMAIL_OPEN), (CLICK, Kind.EMAIL_CLICK))}
PREFETCH = ("sec-purpose", "purpose", "x-moz")

NO_STORE = ((b"cache-control", b"no-store, private"), (b"x-robots-tag", b"noindex"))
IMAGE_ANSWER = Answer(200, GIF, ((b"content-type", b"image/gif"), *NO_STORE))


def address_of(path: bytes) -> tuple[Route, bytes] | None:
    """Return which address of an e-mail a path is, and its token, which may be anything; None when it is none."""
    begin, rest = path[:5], path[5:].removesuffix(b"/")
    if begin == OPENS and rest.endswith(IMAGE):
        return OPEN, rest[: -len(IMAGE)]
    return (CLICK, rest) if begin == CLICKS else None


def hit_message(route: Route, mailed: Mailed, *, event_id: str, hint: str) -> Message:
    """Return the message of an open or a click."""
    kind, name = EVENTS[route.name]
    properties = properties_of(route.name, mailed, hint)
    return Message(type="track", kind=kind, event=name, message_id=event_id, user_id=mailed.customer, properties=properties)


def properties_of(route: str, mailed: Mailed, hint: str) -> Properties:
    """Return what the message of a hit on a route of this name says of the e-mail.

    `hint` is what the request itself says of being a machine's: HEAD, or a prefetch. The streams judge.
    """
    properties: Properties = {"message_id": mailed.message}
    if route == CLICK.name:
        properties |= {"link": mailed.index, "url": mailed.target}
    return properties | {"hint": hint} if hint else properties


def is_usual(mailed: Mailed) -> bool:
    """True when an e-mail's ids have the usual size, so that the message of a hit has the shape that is accepted in one go."""
    return len(mailed.customer) <= MAX_ID_LENGTH and len(mailed.message) <= MAX_ID_LENGTH


def hint_of(method: str, headers: Mapping[str, str]) -> str:
    """Return `head` or `prefetch` when the request says so itself, else nothing; `headers` have lower-case names."""
    if method == "HEAD":
        return "head"
    return "prefetch" if any("prefetch" in headers.get(name, "").lower() for name in PREFETCH) else ""


def led_on(location: bytes) -> Answer:
    """Return the answer that leads to an address."""
    return Answer(302, b"", ((b"location", location), *NO_STORE))
