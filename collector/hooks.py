"""Webhooks of e-mail providers: checked over the raw body, mapped to `email_*` events, and answered once those are durable."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import httpx2
import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.core import answers
from collector.core.answers import Answer, Refusal
from collector.core.hooks import mailgun, postmark, sendgrid, ses
from collector.core.hooks.reports import Report, Unreadable, mapping, message_of, text
from collector.handlers import Handlers
from collector.publishing import Publishing

log = structlog.get_logger()

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the body of an address of SNS; raises httpx2.HTTPError."""

FETCH_S = 5.0
MAX_CERTIFICATE = 64 * 1024
MAX_CERTIFICATES = 16
MAX_TOKENS = 100_000

DONE = Answer(200, b'{"success":true}')
UNKNOWN = answers.refused(Refusal(404, "no_such_hook", "This site takes no webhooks of this provider. Set email_hooks of the site."))
UNREADABLE = "The body is not what this provider sends. Send its JSON unchanged."
REFUSED = {"mailgun": 406, "postmark": 403}
"""What ends the provider's retries; the others know only 401."""


async def fetch(url: str) -> bytes:
    """Get an address of SNS: no redirects, bounded in time."""
    async with httpx2.AsyncClient(timeout=FETCH_S, follow_redirects=False) as http:
        answer = await http.get(url)
        answer.raise_for_status()
        return answer.content[:MAX_CERTIFICATE]


def several(proof: str) -> list[str]:
    """Return what may prove a report: while a key is changed, the old one and the new one, separated by a comma."""
    return [one for one in (part.strip() for part in proof.split(",")) if one]


class Hooks:
    """The endpoints under `/hooks/`."""

    def __init__(self, handlers: Handlers, *, publishing: Publishing, now_ms: Callable[[], int], fetch: Fetch = fetch) -> None:
        self._handlers = handlers
        self._publishing = publishing
        self._now_ms = now_ms
        self._fetch = fetch
        self._certificates: dict[str, bytes] = {}
        self._tokens: dict[str, None] = {}

    def routes(self) -> list[Route]:
        """Return the routes, with and without a final slash."""
        return [Route(f"/hooks/{{provider}}/{{site}}{slash}", self.take, methods=["POST"]) for slash in ("", "/")]

    async def take(self, request: Request) -> Response:
        """Take one request of a provider."""
        provider, site = request.path_params["provider"], request.path_params["site"]
        secret = self._handlers.hook_secret(site, provider)
        take = {"sendgrid": self._sendgrid, "mailgun": self._mailgun, "postmark": self._postmark, "ses": self._ses}.get(provider)
        if take is None or secret is None:
            return _respond(UNKNOWN)
        try:
            return _respond(await take(request, site, secret))
        except Unreadable as error:
            return _respond(answers.refused(Refusal(400, "unreadable", f"{error} {UNREADABLE}")))

    async def _sendgrid(self, request: Request, site: str, secret: str) -> Answer:
        body = await request.body()
        if not any(sendgrid.is_genuine(request.headers, body, one) for one in several(secret)):
            return _not_genuine("sendgrid")
        return await self._keep(site, sendgrid.reports(_json(body)))

    async def _mailgun(self, request: Request, site: str, secret: str) -> Answer:
        payload = _json(await request.body())
        token = mailgun.token_of(payload)
        genuine = any(mailgun.is_genuine(payload, one, now_ms=self._now_ms()) for one in several(secret))
        if not genuine or token in self._tokens:
            return _not_genuine("mailgun")
        answer = await self._keep(site, mailgun.reports(payload))
        if answer.status == 200:
            if len(self._tokens) >= MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[token] = None
        return answer

    async def _postmark(self, request: Request, site: str, secret: str) -> Answer:
        if not any(postmark.is_genuine(request.headers, request.query_params, one) for one in several(secret)):
            return _not_genuine("postmark")
        return await self._keep(site, postmark.reports(_json(await request.body())))

    async def _ses(self, request: Request, site: str, secret: str) -> Answer:
        envelope = mapping(_json(await request.body()))
        known_topic = envelope.get("TopicArn") in several(secret)
        if not known_topic or not await self._is_of_sns(envelope):
            return _not_genuine("ses")
        if envelope.get("Type") == "SubscriptionConfirmation":
            return await self._confirm(text(envelope.get("SubscribeURL")))
        return await self._keep(site, ses.reports(envelope) if envelope.get("Type") == "Notification" else ())

    async def _is_of_sns(self, envelope: Mapping[str, Any]) -> bool:
        url = text(envelope.get("SigningCertURL"))
        if not ses.is_address_of_sns(url, certificate=True):
            return False
        certificate = self._certificates.get(url)
        if certificate is None:
            certificate = await self._fetched(url)
            if len(self._certificates) >= MAX_CERTIFICATES:
                self._certificates.clear()
            self._certificates[url] = certificate
        return ses.is_genuine(envelope, certificate)

    async def _confirm(self, url: str) -> Answer:
        if not ses.is_address_of_sns(url):
            return _not_genuine("ses")
        await self._fetched(url)
        log.info("sns_subscription_confirmed")
        return DONE

    async def _fetched(self, url: str) -> bytes:
        try:
            return await self._fetch(url)
        except httpx2.HTTPError as error:
            raise Unreadable(f"{url[:200]} does not answer: {type(error).__name__}.") from None

    async def _keep(self, site: str, reports: Iterable[Report]) -> Answer:
        """Make events of reports and answer once they are durable."""
        now_ms = self._now_ms()
        outcome = self._handlers.accept_reported(site, [message_of(report, now_ms=now_ms) for report in reports])
        return DONE if await self._publishing.is_durable(outcome, "hooks") else self._handlers.unavailable()


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        raise Unreadable("The body is not JSON.") from None


def _not_genuine(provider: str) -> Answer:
    message = "The signature or secret is not that of this site's settings, or was used before. Compare them with the provider's."
    return answers.refused(Refusal(REFUSED.get(provider, 401), "not_genuine", message))


def _respond(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {name.decode(): value.decode() for name, value in answer.headers})
