"""Who may see a page: every route of the console names the role that it needs, and nothing else lets anybody in."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.core.accounts import Role, User
from console.core.periods import read_period
from console.core.sessions import Session
from console.desk import Desk
from console.visit import Visit
from schemas.audit import Action
from schemas.errors import Misconfigured, Retryable

COOKIE = "fp_console"
SAFE = ("GET", "HEAD")

Show = Callable[[Visit], Awaitable[Response]]


def signed_in(desk: Desk, request: Request) -> tuple[Session, User] | None:
    """Return the session of a request and its user as the user is now; None when nobody is signed in."""
    session = desk.cookies.read(request.cookies.get(COOKIE, ""), desk.now_ms())
    if session and desk.outside.ended.has(session):
        return None
    user = desk.user_of(session.user, session.told, session.began_at) if session else None
    return (session, user) if session and user and session.began_at >= user.since else None


def page(path: str, show: Show, *, needs: Role = "viewer", methods: tuple[str, ...] = ("GET",)) -> Callable[[Desk], Route]:
    """Return a page under `/s/{site}/`, for users with at least the role `needs` at that site."""

    def over(desk: Desk) -> Route:
        async def endpoint(request: Request) -> Response:
            seat = signed_in(desk, request)
            if seat is None:
                return _to_sign_in(request)
            session, user = seat
            site = request.path_params["site"]
            visit = Visit(request, desk, session, user, site, read_period(request.query_params, desk.now()))
            if not user.may("viewer", site) or site not in desk.outside.sites():
                await _refused(visit, "no such site for this user")
                return missing(desk, request)  # no difference between a site that is not theirs and one that is not there
            if not user.may(needs, site):
                await _refused(visit, f"needs {needs}")
                return visit.page("refused.html", status=403, needs=needs)
            if request.method not in SAFE and not await guarded(request, session):
                return visit.page(
                    "trouble.html", status=403, reason="This form is not from this session. Go back, reload the page and send it again."
                )
            return await _shown(show, visit)

        return Route(f"/s/{{site}}/{path}", endpoint, methods=list(methods))

    return over


async def guarded(request: Request, session: Session) -> bool:
    """Return whether a request that changes something was made by a page of this session, and by no other website."""
    if not same_origin(request):
        return False
    told = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    return session.guards(told)


def same_origin(request: Request) -> bool:
    """Return whether no other website sent a request: a browser says where a form stood."""
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def missing(desk: Desk, request: Request) -> Response:
    """Return the page that says that there is nothing."""
    return desk.templates.TemplateResponse(request, "missing.html", status_code=404)


async def _refused(visit: Visit, why: str) -> None:
    """Record that somebody asked for what is not theirs. It is refused, recorded or not."""
    known = visit.site if visit.site in visit.desk.outside.sites() else ""
    with suppress(Retryable):
        await replace(visit, site=known).note(Action.REFUSED, detail=why)


async def _shown(show: Show, visit: Visit) -> Response:
    try:
        return await show(visit)
    except Retryable as error:
        return visit.page("trouble.html", status=503, reason=str(error))
    except Misconfigured as error:
        return visit.page("trouble.html", status=404, reason=str(error))


def _to_sign_in(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = urlencode({"next": asked}) if request.method in SAFE else ""
    if request.headers.get("hx-request"):  # a piece of a page: the whole page must go to the sign-in
        return Response(status_code=401, headers={"HX-Redirect": f"/sign-in?{back}"})
    return RedirectResponse(f"/sign-in?{back}", status_code=303)
