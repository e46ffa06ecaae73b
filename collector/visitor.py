"""Who is here, asked by the snippet at the first page of a visit: the collector's own cookie, or a token of another domain, knows."""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from collector.core import answers, cookies, privacy
from collector.core.readers import text
from collector.core.sites import SiteRules
from collector.core.visitor_tokens import read_token, sign_token
from collector.used_tokens import UsedTokens
from schemas.identities import usable_id

MAX_BODY = 4096
NO_STORE = {"cache-control": "no-store"}


async def answer_visitor(
    request: Request, site_of: Callable[[str], SiteRules | None], *, now_ms: int, new_id: Callable[[], str], used: UsedTokens
) -> Response:
    """Return `{"visitorId", "token"}`: whose browser this is, and a token that tells another of the site's domains so.

    A valid token, the first time it is used, goes first, then the cookie (mode `server`), then the id the snippet has, then a new one. Mode `server`
    sets the cookie, `reset` ends it. Without keys for cookies the site gets its own id back and no token. Nothing is
    asked or set for a visitor who declines to be tracked.
    """
    question = _read(await request.body())
    site = site_of(text(question.get("writeKey")) or "")
    if site is None or not site.allows(request.headers.get("origin", "")):
        refusal = answers.Refusal(401, "unknown_key", "This write key belongs to no site, or not to this origin. Check both.")
        answer = answers.refused(refusal)
        return Response(answer.body, answer.status, NO_STORE, "application/json")
    if question.get("reset"):
        return _with_cookie(JSONResponse({"success": True}, headers=NO_STORE), cookies.forget_visitor() if site.cookie_keys else None)
    if privacy.declines(request.headers, site):
        return JSONResponse({"success": True}, headers=NO_STORE)
    server = question.get("mode") == "server" and bool(site.cookie_keys)
    known = cookies.read_visitor(request.headers.get("cookie", ""), site.cookie_keys) if server else None
    browser = request.headers.get("user-agent", "")
    shown = text(question.get("token")) or ""
    handed = read_token(shown, site.cookie_keys, now_ms=now_ms, browser=browser)
    visitor = (handed if handed and used.use(shown, now_ms) else None) or known or _named(question) or new_id()
    newest = site.cookie_keys[-1] if site.cookie_keys else None
    token = sign_token(visitor, newest, now_ms=now_ms, browser=browser) if newest else None
    told = JSONResponse({"success": True, "visitorId": visitor, "token": token}, headers=NO_STORE)
    return _with_cookie(told, cookies.set_visitor(visitor, newest) if server and newest else None)


def _read(body: bytes) -> dict[str, Any]:
    try:
        question = orjson.loads(body[: MAX_BODY + 1])
    except orjson.JSONDecodeError:
        return {}
    return question if isinstance(question, dict) else {}


def _named(question: dict[str, Any]) -> str | None:
    visitor = text(question.get("visitorId"), 201)
    return visitor if visitor is not None and usable_id(visitor) else None


def _with_cookie(response: Response, cookie: str | None) -> Response:
    if cookie is not None:
        response.headers.append("set-cookie", cookie)
    return response
