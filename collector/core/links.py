"""Signed addresses in e-mails: a token says who was sent what, and only footprint can have written it.

The format is itsdangerous' `URLSafeSerializer` with SHA-256: senders may make tokens with that library alone. Signing and the hot path
make the signature themselves, over the same bytes; a property test holds the two together.
"""

import hmac
import re
import zlib
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal
from urllib.parse import quote, urlsplit

import orjson
from itsdangerous import URLSafeSerializer

from schemas.errors import Misconfigured

Purpose = Literal["link", "pixel", "unsubscribe"]

MAX_TARGET = 2000
MAX_TOKEN = 6000
SALTS: dict[Purpose, str] = {name: f"footprint.{name}.v1" for name in ("link", "pixel", "unsubscribe")}
"""What one purpose signs means nothing for another."""

CLICK_PARAMETER = "fp_click"
CONTROL = re.compile(r"[\x00-\x20\x7f]")
INTO_URLS, FROM_URLS = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
PACKED = 512
"""Bytes from which on the content of a token is compressed, as itsdangerous does with every one: to unpack costs a click as much as its signature."""

MAX_INDEX = 2**31 - 1
KEPT = ":/%#?=@[]!$&'()*+,;"
"""Characters that stand in an address as they are, beside letters, digits and `-._~`."""

REMEMBERED = 1024
"""Targets whose form is remembered: a campaign has few, and each is clicked many times."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Mailed:
    """What a token holds: the e-mail `message` to `customer`, and for a link its place in the mail and where it leads."""

    site: str
    message: str
    customer: str
    index: int = 0
    target: str = ""


@dataclass(slots=True)  # as above
class Read:
    """A token that was read; `retired` when it was signed with a key that signs no more."""

    mailed: Mailed
    retired: bool


def sign(mailed: Mailed, purpose: Purpose, key: str) -> str:
    """Return the token; raises Misconfigured when a link leads nowhere."""
    if purpose == "link":
        require_target(mailed.target)
    content = orjson.dumps(astuple(mailed))
    if len(content) > PACKED:
        return str(_serializer(key, purpose).dumps(list(astuple(mailed))))
    text = _encoded(content)
    return f"{text.decode()}.{_encoded(hmac.digest(_derived(key, SALTS[purpose]), text, 'sha256')).decode()}"


def require_target(target: str) -> None:
    """Raise Misconfigured unless `target` is an address that a mail may lead to."""
    reason = _why_not(target)
    if reason:
        raise Misconfigured(
            f"{target[:200]!r} {reason}. Give the absolute http or https address of a page, at most {MAX_TARGET:,} characters."
        )


class LinkReader:
    """Reads tokens by the operator's keys, newest last, and by those that sign no more."""

    def __init__(self, keys: Sequence[str], retired: Sequence[str] = ()) -> None:
        self._keys = {purpose: [_derived(key, salt) for key in reversed(keys)] for purpose, salt in SALTS.items()}
        self._retired = {purpose: [_derived(key, salt) for key in retired] for purpose, salt in SALTS.items()}

    def read(self, token: bytes, purpose: Purpose) -> Read | None:
        """Return what a token says when it is, byte for byte, what one of the keys signs; else None. No bytes make it raise."""
        if len(token) > MAX_TOKEN:
            return None
        content, _, signature = token.rpartition(b".")
        for key in self._keys[purpose]:
            if _is_signed(key, content, signature):
                return _read(content, purpose, retired=False)
        for key in self._retired[purpose]:
            if _is_signed(key, content, signature):
                return _read(content, purpose, retired=True)
        return None


def landing(target: str, click_id: str = "") -> bytes:
    """Return the address a click leads to, written for a header: the target with the click's id, which the snippet tells of the page."""
    before, after = _around_click(target)
    return b"%b%b%b" % (before, click_id.encode(), after) if click_id else quote(target, safe=KEPT).encode()


@lru_cache(maxsize=REMEMBERED)
def _around_click(target: str) -> tuple[bytes, bytes]:
    page, mark, fragment = quote(target, safe=KEPT).partition("#")
    return f"{page}{'&' if '?' in page else '?'}{CLICK_PARAMETER}=".encode(), f"{mark}{fragment}".encode()


def _read(content: bytes, purpose: Purpose, *, retired: bool) -> Read | None:
    packed = content.startswith(b".")
    try:
        text = _decoded(content[1:] if packed else content)
        site, message, customer, index, target = orjson.loads(zlib.decompress(text) if packed else text)
    except (Error, ValueError, TypeError, zlib.error):  # signed by the operator's own program, which wrote something else
        return None
    typed = type(site) is type(message) is type(customer) is type(target) is str and type(index) is int
    if not typed or not 0 <= index <= MAX_INDEX or (purpose == "link" and _why_not(target)):
        return None
    return Read(Mailed(site, message, customer, index, target), retired)


def _is_signed(key: bytes, content: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(_encoded(hmac.digest(key, content, "sha256")), signature)


def _derived(key: str, salt: str) -> bytes:
    return hmac.digest(key.encode(), salt.encode(), "sha256")


def _serializer(key: str, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=SALTS[purpose], signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"})


@lru_cache(maxsize=REMEMBERED)
def _why_not(target: str) -> str:
    if len(target) > MAX_TARGET:
        return "is too long"
    if CONTROL.search(target):
        return "has spaces or control characters"
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host:
        return "is no web address"
    return "has a user name in it" if "@" in parts.netloc or "\\" in target else ""


def _encoded(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(INTO_URLS).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    return a2b_base64(text.translate(FROM_URLS) + b"=" * (-len(text) % 4))
