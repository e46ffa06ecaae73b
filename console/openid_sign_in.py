"""The way to an OpenID Connect provider and back. What is wrong with an answer is said on the page for signing in."""

import secrets

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console import sign_in
from console.core.openid import ATTEMPT_MS, Attempt, AttemptCookies, Person, SignInRefused
from console.desk import Desk
from console.openid import Provider
from schemas.audit import Action
from schemas.errors import Retryable

log = structlog.get_logger()
PATH = "/sign-in/openid"
COOKIE = "fp_console_openid"
LONGEST_CODE = 4096


def routes(desk: Desk) -> list[Route]:
    """Return the two addresses, none where no provider is set."""
    provider = desk.outside.provider
    if provider is None:
        return []
    cookies = AttemptCookies(desk.outside.keys)

    async def go(request: Request) -> Response:
        return await _go(desk, provider, cookies, request)

    async def back(request: Request) -> Response:
        return await _back(desk, provider, cookies, request)

    return [Route(PATH, go, methods=["GET"]), Route(f"{PATH}/back", back, methods=["GET"])]


async def _go(desk: Desk, provider: Provider, cookies: AttemptCookies, request: Request) -> Response:
    onward = sign_in.ours(request.query_params.get("next", ""))
    attempt = Attempt(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), onward, desk.now_ms())
    try:
        address = await provider.address(attempt)
    except Retryable as error:
        return sign_in.form(desk, request, str(error), status=503, onward=onward)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(  # it must come back by a link from the provider, so it is lax; and it is sent to these two addresses only
        COOKIE,
        cookies.sign(attempt),
        max_age=ATTEMPT_MS // 1000,
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=provider.client.redirect.startswith("https:"),
    )
    return answer


async def _back(desk: Desk, provider: Provider, cookies: AttemptCookies, request: Request) -> Response:
    attempt = cookies.read(request.cookies.get(COOKIE, ""), desk.now_ms())
    try:
        answer = await _enter(desk, provider, request, attempt)
    except SignInRefused as error:
        log.warning("console_sign_in_refused", openid=True, reason=str(error))
        await sign_in.note(desk, request, Action.SIGN_IN_REFUSED, sign_in.UNKNOWN)
        answer = sign_in.form(desk, request, str(error), status=401, onward=attempt.onward if attempt else "")
    except Retryable as error:
        answer = sign_in.form(desk, request, str(error), status=503, onward=attempt.onward if attempt else "")
    answer.delete_cookie(COOKIE, path=PATH)  # an attempt is good once
    return answer


async def _enter(desk: Desk, provider: Provider, request: Request, attempt: Attempt | None) -> Response:
    told = request.query_params
    if attempt is None or not attempt.is_answered_by(told.get("state", "")):
        raise SignInRefused("This sign-in was not begun in this browser, or took longer than ten minutes. Begin again here.")
    if "error" in told:
        raise SignInRefused(f"The sign-in service refused: {told['error'][:80]}. Ask who looks after it, or sign in with a password.")
    if told.get("iss", provider.client.issuer) != provider.client.issuer:
        raise SignInRefused("The answer is of another sign-in service. Begin again here.")
    person = await provider.person(told.get("code", "")[:LONGEST_CODE], attempt)
    return await _let_in(desk, request, person, attempt.onward)


async def _let_in(desk: Desk, request: Request, person: Person, onward: str) -> Response:
    if desk.user_of(person.name, person.values, desk.now_ms()) is None:
        raise SignInRefused(f"{person.name} has no role here. Ask an administrator of footprint for one.")
    log.info("console_signed_in", user=person.name, openid=True)
    return await sign_in.begin(desk, request, person.name, onward, told=person.values)
