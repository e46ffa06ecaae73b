"""The answers of docs/reference/http.md as values. Every SDK decides by them whether it drops, keeps or resends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from schemas import codec
from schemas.rejections import Rejection

MAX_ERRORS = 100
"""Events of one answer that are named one by one."""

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
"""A transparent image of one pixel, 43 bytes: `onload` fires only for a real image."""

JSON_TYPE = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (without Content-Length and CORS) and body of one response."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (JSON_TYPE,)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole request turned away: nothing of it was kept. `code` is for programs, `message` says what to change."""

    status: int
    code: str
    message: str


def success(*, accepted: int, duplicate: int, rejected: Sequence[Rejection]) -> Answer:
    """Return the 200 of a request whose accepted and rejected events are both durable."""
    return _mixed(accepted, duplicate, rejected) if rejected else _all_good(accepted, duplicate)


@lru_cache(maxsize=1024)
def _all_good(accepted: int, duplicate: int) -> Answer:
    return _mixed(accepted, duplicate, ())


def _mixed(accepted: int, duplicate: int, rejected: Sequence[Rejection]) -> Answer:
    body: dict[str, Any] = {"success": True, "accepted": accepted, "duplicate": duplicate, "rejected": len(rejected)}
    if rejected:
        body["errors"] = [
            {"index": one.index, "id": one.event_id, "code": one.reason.value, "message": one.message} for one in rejected[:MAX_ERRORS]
        ]
    return Answer(200, codec.dumps(body))


def refused(refusal: Refusal, *headers: tuple[bytes, bytes]) -> Answer:
    """Return the answer of a refused request. RudderStack retries a 4xx without both `code` and `message`."""
    body = {"success": False, "code": refusal.code, "message": refusal.message}
    return Answer(refusal.status, codec.dumps(body), (JSON_TYPE, *headers))


def unavailable(code: str, *, retry_after_s: int) -> Answer:
    """Return the 503 after which every SDK keeps its events and sends them again."""
    return refused(Refusal(503, code, f"{UNAVAILABLE[code]} again in {retry_after_s} s."), (b"retry-after", str(retry_after_s).encode()))


def limited(*, retry_after_s: int) -> Answer:
    """Return the 429 of a key that sends more than its site's rate."""
    message = f"This key is over its rate. Send the events again in {retry_after_s} s, or raise rate_per_key of the site."
    return refused(Refusal(429, "rate_limited", message), (b"retry-after", str(retry_after_s).encode()))


def with_cookie(answer: Answer, cookie: str) -> Answer:
    """Return an answer that also sets a cookie."""
    return replace(answer, headers=(*answer.headers, (b"set-cookie", cookie.encode("latin-1"))))


def method_not_allowed(methods: Sequence[str]) -> Answer:
    """Return the 405 of a path that knows only `methods`."""
    allow = ", ".join((*methods, "OPTIONS"))
    return refused(Refusal(405, "method_not_allowed", f"Use {allow} here."), (b"allow", allow.encode()))


_NOT_DURABLE = "The events could not be made durable now. Send them"
UNAVAILABLE = {"not_durable": _NOT_DURABLE, "overloaded": _NOT_DURABLE, "not_known": "The list is not known now. Ask"}
"""What a 503 says, by its code, before the time to wait."""
PIXEL = Answer(200, GIF, ((b"content-type", b"image/gif"), (b"cache-control", b"no-store, private")))
DISCARDED = Answer(200, b'{"success":true}')
PREFLIGHT = Answer(200, b"", ())
FAILED = refused(Refusal(500, "internal_error", "The collector failed on this request; its log says why. Send it again later."))
NOT_FOUND = refused(Refusal(404, "not_found", "No such path. docs/reference/http.md lists every path."))
