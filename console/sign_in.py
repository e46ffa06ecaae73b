"""Signing in and out. Wrong passwords slow down both the name and the address that they came from."""

import asyncio
import secrets
from contextlib import suppress

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.core.ended import of_session
from console.core.sessions import LIFE_MS, Session
from console.desk import Desk
from console.passwords import is_password
from console.seats import COOKIE, guarded, missing, same_origin, signed_in
from schemas.audit import Action
from schemas.errors import Retryable

log = structlog.get_logger()
LONGEST_PASSWORD = 1024
UNKNOWN = "(unknown)"
"""Who tried a name that nobody has: it is not kept, since people type passwords into the wrong field."""
LONGEST_NEXT = 2000


def routes(desk: Desk) -> list[Route]:
    """Return the pages that need no session, and the one that ends it."""

    async def show(request: Request) -> Response:
        return form(desk, request, "") if signed_in(desk, request) is None else _onward(request.query_params.get("next", ""))

    async def enter(request: Request) -> Response:
        return await _enter(desk, request)

    async def leave(request: Request) -> Response:
        seat = signed_in(desk, request)
        if seat is not None and not await guarded(request, seat[0]):
            return missing(desk, request)
        gone = RedirectResponse("/sign-in", status_code=303) if seat is None else await _leave(desk, request, seat[0])
        gone.delete_cookie(COOKIE, path="/")
        return gone

    return [
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", enter, methods=["POST"]),
        Route("/sign-out", leave, methods=["POST"]),
    ]


async def _leave(desk: Desk, request: Request, session: Session) -> Response:
    """End a session wherever its cookie has been copied to. When that cannot be kept, it is said: nobody takes an open session for a closed one."""
    await note(desk, request, Action.SIGNED_OUT, session.user)
    try:
        await asyncio.to_thread(desk.outside.ended.end, of_session(session), desk.now_ms())
    except Retryable as error:
        log.warning("console_session_not_ended", reason=str(error))
        return form(desk, request, f"You are signed out in this browser only. {error}", status=503)
    return RedirectResponse("/sign-in", status_code=303)


async def note(desk: Desk, request: Request, action: Action, name: str) -> None:
    """Record who came and went, or tried to. Nobody is kept out by a log that cannot be written: Health says so."""
    with suppress(Retryable):
        await desk.note(action, made_by=name, address=request.client.host if request.client else "")


async def _enter(desk: Desk, request: Request) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") or not same_origin(request):
        return form(desk, request, "This form came from another website. Sign in here.", status=403)
    told = await request.form()
    onward = ours(str(told.get("next", "")))
    name, password = str(told.get("name", ""))[:200], str(told.get("password", ""))[:LONGEST_PASSWORD]
    keys = (f"name {name}", f"address {request.client.host if request.client else ''}")
    wait = desk.attempts.wait_s(keys, desk.outside.clock())
    if wait > 0:
        refused = form(desk, request, f"Too many wrong passwords. Try again in {wait:.0f} s.", status=429, onward=onward)
        refused.headers["Retry-After"] = f"{wait:.0f}"
        return refused
    user = desk.outside.users.find(name)
    if not await is_password(user.password if user else "", password) or user is None:
        desk.attempts.failed(keys, desk.outside.clock())
        log.warning("console_sign_in_refused", known=user is not None)
        await note(desk, request, Action.SIGN_IN_REFUSED, user.name if user else UNKNOWN)
        return form(desk, request, "No such name, or another password.", status=401, onward=onward)
    desk.attempts.succeeded(keys[0])
    log.info("console_signed_in", user=user.name)
    return await begin(desk, request, user.name, onward)


async def begin(desk: Desk, request: Request, name: str, onward: str, *, told: tuple[str, ...] | None = None) -> Response:
    """Begin a session, a new one whatever cookie came, and lead on; `told` is what another service said of the user."""
    await note(desk, request, Action.SIGNED_IN, name)
    session = Session(name, desk.now_ms(), secrets.token_urlsafe(16), told)
    answer = _onward(onward)
    answer.set_cookie(
        COOKIE,
        desk.cookies.sign(session),
        max_age=LIFE_MS // 1000,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


def _onward(to: str) -> Response:
    """Return the way to a page of ours, and to nobody else's."""
    return RedirectResponse(ours(to) or "/", status_code=303)


def ours(to: str) -> str:
    """Return an address when it is one of ours, else nothing: browsers take two slashes, of either kind, for another host, and skip control characters."""
    safe = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable() and len(to) <= LONGEST_NEXT
    return to if safe else ""


def form(desk: Desk, request: Request, trouble: str, *, status: int = 200, onward: str | None = None) -> Response:
    """Return the page for signing in, with what went wrong."""
    asked = ours(request.query_params.get("next", "")) if onward is None else onward
    return desk.templates.TemplateResponse(
        request, "sign_in.html", {"trouble": trouble, "next": asked, "openid": desk.outside.openid_title}, status_code=status
    )
