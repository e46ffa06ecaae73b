"""Requests become outcomes: what to write, and what to answer once it is durable. Plain values in, plain values out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from time import time_ns
from typing import Any

from collector.config import CollectorConfig
from collector.core import answers, cookies, privacy
from collector.core.accept import Accepted, accept
from collector.core.addresses import client_address
from collector.core.answers import Answer, Refusal
from collector.core.batches import MAX_BATCH, Batch, read_batch, read_single
from collector.core.bodies import read_body
from collector.core.drafts import Arrival
from collector.core.keys import key_in, key_in_body, key_outside_body
from collector.core.mail_hits import hint_of
from collector.core.pixels import pixel_body, read_pixel, read_query
from collector.core.plain import PlainEvents
from collector.core.plain_hits import PlainHits
from collector.core.plans import PlanWarning
from collector.core.quotas import Quotas
from collector.core.readers import text
from collector.core.routes import Route
from collector.core.shapes import Message, read_shapes, sent
from collector.core.signing import pseudonym
from collector.core.sites import SiteRules
from collector.live import LiveFiles
from collector.ports import Publication
from schemas import codec
from schemas.identities import usable_id
from schemas.rejections import Reason, Rejection, record_of

HOOK = Route("hooks", "batch")
FETCHED = frozenset({"sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"})
"""Headers that only browsers send."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Request:
    """One request without its transport. `headers` have lower-case names; several of one name are joined by commas.

    Of an address in an e-mail `query` is the token.
    """

    route: Route
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    received_at: int
    method: str = ""


@dataclass(slots=True)  # as above
class Outcome:
    """What a request comes to: answer `answer` once `publication` is durable, `otherwise` (the 503 of the moment) when it is not.

    `refusal` is the code of a request that was turned away as a whole.
    """

    answer: Answer
    otherwise: Answer | None = None
    publication: Publication | None = None
    accepted: int = 0
    duplicate: int = 0
    rejected: tuple[Rejection, ...] = ()
    warnings: Mapping[str | PlanWarning, int] = field(default_factory=dict)
    refusal: str = ""


@dataclass(slots=True)
class _Sorting:
    """The messages of one request as they are told apart."""

    events: dict[int, list[bytes]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    accepted: int = 0
    duplicate: int = 0
    warnings: list[str | PlanWarning] = field(default_factory=list)


class Handlers:
    """The ingest entries over one configuration and what `live` files say. `new_id` makes ids, `retry_after` the seconds of a 503."""

    def __init__(
        self,
        config: CollectorConfig,
        *,
        new_id: Callable[[], str],
        retry_after: Callable[[], int],
        live: LiveFiles | None = None,
        now_ms: Callable[[], int] = lambda: time_ns() // 1_000_000,
    ) -> None:
        self._told = config
        self.config = config
        self.new_id = new_id
        self._retry_after = retry_after
        self._live = live or LiveFiles()
        self._live.on_plans = lambda: self.use(self._told)
        self._quotas = Quotas()
        self._now_ms = now_ms
        self._known: tuple[object, object, object] = (None, None, None)

    def use(self, config: CollectorConfig) -> None:
        """Take another configuration for the requests from now on, under the plans that were published."""
        self._told, self.config = config, config.planned(self._live.plans)

    def handle(self, request: Request) -> Outcome:
        """Return the outcome of a request on any ingest path. No input makes it raise."""
        if request.route.form == "discard":
            return self._settled(answers.DISCARDED)
        outcome = self._ingest(request)
        if request.route.form != "pixel":
            return outcome
        # An image has nobody to tell: whatever happened, the page or mail shows it, and metrics count the rest.
        return Outcome(
            answers.PIXEL,
            answers.PIXEL,
            outcome.publication,
            outcome.accepted,
            outcome.duplicate,
            outcome.rejected,
            outcome.warnings,
            outcome.refusal,
        )

    @property
    def known(self) -> object:
        """What is known now of sites, keys and suppressed people: another object once any of it has changed."""
        live, (config, keyring, suppressions) = self._live, self._known
        if config is not self.config or keyring is not live.keyring or suppressions is not live.suppressions:
            self._known = self.config, live.keyring, live.suppressions
        return self._known

    def plain_events(self, asked: tuple[Route, str], headers: Mapping[str, str], write_key: str) -> PlainEvents | None:
        """Return what makes events of requests with this path, query, head and key; None when their site asks for more than that."""
        route, query = asked
        parameters = read_query(query) if query else {}
        key = key_outside_body(headers, parameters.get("writeKey", "")) or write_key
        site = self._site(key, headers.get("origin", ""))
        if isinstance(site, Refusal) or site.rate_per_key or site.cookie_keys:
            return None
        request = Request(route, query, headers, b"", "", 0)
        arrival = self._arrival(request, site, sent_at=None, historical=parameters.get("historical", "") in ("1", "true"))
        return PlainEvents(arrival, self.new_id) if arrival.is_plain else None

    def topics_of(self, site: str) -> Mapping[str, str]:
        """Return the e-mail topics that a site offers: name and title."""
        rules = self.config.rules.get(site)
        return rules.topics if rules is not None else {}

    def kept_id(self, site: str, customer: str) -> str:
        """Return the id that is stored of a customer: its hash, where the site keeps hashes."""
        rules = self.config.rules.get(site)
        return pseudonym(rules.hash_key, customer) if rules is not None and rules.hash_key else customer

    def hook_secret(self, site: str, provider: str) -> str | None:
        """Return what proves that a webhook is of a site's provider, None when the site takes none of it."""
        rules = self.config.rules.get(site)
        return rules.hooks.get(provider) or None if rules is not None else None

    def accept_reported(self, site: str, messages: list[dict[str, Any]]) -> Outcome:
        """Return the outcome of what a provider reported: its server is nobody's device."""
        rules = self.config.rules.get(site) or SiteRules(site)
        request = Request(HOOK, "", {}, b"", "", self._now_ms())
        return self._accept(Batch(messages, None), self._arrival(request, rules, sent_at=None, historical=False))

    def accept_mailed(self, site: str, messages: list[Any], request: Request) -> Outcome:
        """Return the outcome of messages that an address of an e-mail stands for: the site is the token's, no key is asked."""
        return self._accept(Batch(messages, None), self._mail_arrival(site, request))

    def plain_hits(self, site: str, request: Request) -> PlainHits | None:
        """Return what makes events of hits with this head; None when their site or visitor asks for more than that."""
        arrival = self._mail_arrival(site, request)
        return PlainHits(arrival, request.route, hint_of(request.method, request.headers)) if arrival.is_plain else None

    def _mail_arrival(self, site: str, request: Request) -> Arrival:
        rules = self.config.rules.get(site) or SiteRules(site)
        return self._arrival(request, rules, sent_at=None, historical=False)

    def unavailable(self, code: str = "not_durable") -> Answer:
        """Return the 503 of a request whose events cannot be kept, or whose answer is not known, now."""
        return answers.unavailable(code, retry_after_s=self._retry_after())

    def site_of(self, key: str) -> SiteRules | None:
        """Return the rules of the site that a write key belongs to: a configured key, or one made while running."""
        found = self.config.sites.get(key)
        if found is not None:
            return found
        site = self._live.keyring.site_of(key, "write")
        return (self.config.rules.get(site) or SiteRules(site)) if site is not None else None

    def reading_site_of(self, key: str) -> str | None:
        """Return the site whose facts a secret key may read."""
        return self._live.keyring.site_of(key, "secret")

    def _settled(self, answer: Answer, refusal: str = "") -> Outcome:
        return Outcome(answer, answer, refusal=refusal)

    def _refused(self, refusal: Refusal) -> Outcome:
        return self._settled(answers.refused(refusal), refusal.code)

    def _ingest(self, request: Request) -> Outcome:
        parameters = read_query(request.query) if request.query else {}
        key = key_outside_body(request.headers, parameters.get("writeKey", ""))
        if key and self.site_of(key) is None:
            return self._refused(_unknown_key())
        read = self._read(request, parameters)
        if isinstance(read, Refusal):
            return self._refused(read)
        batch, key_within = read
        key = key or key_within
        site = self._site(key, request.headers.get("origin", ""))
        if isinstance(site, Refusal):
            return self._refused(site)
        if isinstance(batch, Refusal):
            return self._refused(batch)
        historical = parameters.get("historical", "") in ("1", "true")
        return self._take(request, batch, site, key=key, historical=historical)

    def _take(self, request: Request, batch: Batch, site: SiteRules, *, key: str, historical: bool) -> Outcome:
        wait = self._over_rate(key, site, batch, request.received_at) if site.rate_per_key else 0
        if wait:
            return self._settled(answers.limited(retry_after_s=wait), "rate_limited")
        arrival = self._arrival(request, site, sent_at=batch.sent_at, historical=historical)
        if site.cookie_keys and arrival.own_device and not arrival.declined:
            return self._accept_with_cookie(request, batch, arrival)
        return self._accept(batch, arrival)

    def _over_rate(self, key: str, site: SiteRules, batch: Batch, now_ms: int) -> int:
        """Return the seconds that a key over its rate has to wait, else 0."""
        assert site.rate_per_key is not None
        return ceil(self._quotas.take(key, len(batch.messages), rate=site.rate_per_key, now_ms=now_ms))

    def _accept_with_cookie(self, request: Request, batch: Batch, arrival: Arrival) -> Outcome:
        """Take the visitor from the collector's own cookie where an event names none, and keep or refresh the cookie."""
        keys = arrival.site.cookie_keys
        messages = [sent(message) if isinstance(message, Message) else message for message in batch.messages]
        visitor = cookies.read_visitor(request.headers.get("cookie", ""), keys)
        if request.route.form == "pixel":
            return self._accept(batch, replace(arrival, visitor_id=visitor))
        if any(privacy.denies(message) for message in messages):
            outcome = self._accept(batch, arrival)
            return replace(outcome, answer=answers.with_cookie(outcome.answer, cookies.forget_visitor()))
        visitor = visitor or _named_visitor(messages) or self.new_id()
        outcome = self._accept(batch, replace(arrival, visitor_id=visitor))
        return replace(outcome, answer=answers.with_cookie(outcome.answer, cookies.set_visitor(visitor, keys[-1])))

    def _read(self, request: Request, parameters: dict[str, str]) -> tuple[Batch | Refusal, str] | Refusal:
        """Return the messages of a request, in their usual shape where all have it, and the key that came with them."""
        form = request.route.form
        body = pixel_body(parameters.get("data", "")) if form == "pixel" else request.body
        shapes = read_shapes(body, batch=form == "batch") if isinstance(body, bytes) else None
        if shapes is not None and len(shapes.batch) <= MAX_BATCH:
            return Batch(shapes.batch, shapes.sent_at), key_in(shapes.write_key)
        payload = self._payload(request, parameters)
        if isinstance(payload, Refusal):
            return payload
        return read_batch(payload) if form == "batch" else read_single(payload), key_in_body(payload)

    def _payload(self, request: Request, parameters: dict[str, str]) -> Any | Refusal:
        if request.route.form == "pixel":
            return read_pixel(parameters)
        return read_body(request.body, limit=self.config.body_limit, encoding=request.headers.get("content-encoding", ""))

    def _site(self, key: str, origin: str) -> SiteRules | Refusal:
        site = self.site_of(key)
        if site is None:
            return _unknown_key() if key else _missing_key()
        if not site.allows(origin):
            return Refusal(
                401, "origin_not_allowed", f"This key may not be used from {origin[:200]}. Add it to allowed_origins of the site."
            )
        return site

    def _arrival(self, request: Request, site: SiteRules, *, sent_at: Any, historical: bool) -> Arrival:
        headers = request.headers
        browser = "origin" in headers or not FETCHED.isdisjoint(headers)
        return Arrival(
            site=site,
            received_at=request.received_at,
            address=client_address(request.peer, headers.get("x-forwarded-for", ""), self.config.trusted_proxies),
            user_agent=headers.get("user-agent", ""),
            own_device=browser or request.route.own_device,
            historical=historical,
            sent_at=sent_at,
            default_type=request.route.type,
            declined=privacy.declines(headers, site),
            suppressions=self._live.suppressions,
            by_get=request.route.form == "pixel",
        )

    def _accept(self, batch: Batch, arrival: Arrival) -> Outcome:
        sorting = _Sorting()
        plain = PlainEvents(arrival, self.new_id) if arrival.is_plain else None
        for index, message in enumerate(batch.messages):
            if isinstance(message, Message):  # in one go where it is plain, else step by step
                result: Accepted | Rejection | None = plain.accept(message) if plain is not None else None
                if result is None:
                    result = accept(sent(message), arrival, index=index, new_id=self.new_id)
            else:
                result = accept(message, arrival, index=index, new_id=self.new_id)
            if isinstance(result, Accepted):
                self._sort(sorting, result, arrival.site.site)
            else:
                sorting.rejected.append(result)
        rejected = [_record(one, arrival) for one in sorting.rejected if one.reason is not Reason.NOT_STORED]
        return Outcome(
            answer=answers.success(accepted=sorting.accepted, duplicate=sorting.duplicate, rejected=sorting.rejected),
            publication=Publication(sorting.events, rejected) if sorting.events or rejected else None,
            accepted=sorting.accepted,
            duplicate=sorting.duplicate,
            rejected=tuple(sorting.rejected),
            warnings=Counter(sorting.warnings) if sorting.warnings else {},
        )

    def _sort(self, sorting: _Sorting, accepted: Accepted, site: str) -> None:
        event_id = accepted.event_id
        if sorting.seen.get(event_id) == accepted.content_hash:
            sorting.duplicate += 1
            return
        # The same id with other content is written all the same: the streams say which copy was first.
        sorting.seen[event_id] = accepted.content_hash
        partition = codec.partition_of(site, accepted.owner, self.config.partitions)
        lines = sorting.events.get(partition)
        if lines is None:
            sorting.events[partition] = [accepted.encoded]
        else:
            lines.append(accepted.encoded)
        sorting.accepted += 1
        if accepted.warnings:
            sorting.warnings.extend(accepted.warnings)


def _named_visitor(messages: Iterable[Any]) -> str | None:
    """Return the first usable visitor that the messages name themselves."""
    named = (text(message.get("anonymousId")) for message in messages if isinstance(message, dict))
    return next((visitor for visitor in named if visitor and usable_id(visitor)), None)


def _record(rejection: Rejection, arrival: Arrival) -> tuple[bytes, bytes]:
    site = arrival.site.site
    record = record_of(rejection, site=site, stage="collector", received_at=arrival.received_at)
    return site.encode(), codec.dumps(record)


def _unknown_key() -> Refusal:
    return Refusal(401, "unknown_key", "This write key belongs to no site. Check it in the settings of the collector.")


def _missing_key() -> Refusal:
    return Refusal(401, "missing_key", "No write key. Send it as Basic user, Bearer, X-Write-Key, ?writeKey= or in the body.")
