"""The steps that keep a visitor's wish and a site's promise (docs/reference/privacy.md)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from collector.core.drafts import Arrival, Draft
from collector.core.readers import first, mapping, text
from collector.core.scrubbing import scrub
from collector.core.signing import daily_visitor, pseudonym
from collector.core.sites import SiteRules
from collector.core.steps import put_content_hash
from schemas import codec
from schemas.kinds import Kind
from schemas.rejections import ORIGINAL_MAX, Reason, Rejection

DENIED = "denied"
DAY_MS = 86_400_000
KEPT_OF_CONSENT = ("type", "event", "kind", "messageId", "timestamp", "originalTimestamp", "sentAt")
"""What is kept of a visitor's refusal, beside the refusal itself."""

NOT_STORED = Rejection(Reason.NOT_STORED, "The visitor or customer must not be tracked; nothing was stored. Do not send it again.")


def drop_declined(draft: Draft) -> Rejection | None:
    """Turn away what the visitor does not want; of a choice of consent only the choice is left."""
    if draft.event["kind"] == Kind.CONSENT:
        if draft.arrival.declined or _choice(draft.message) == DENIED:
            _forget_sender(draft)
        return None
    if draft.arrival.declined or draft.message.get("consent") == DENIED or draft.context.get("consent") == DENIED:
        return NOT_STORED
    return None


def drop_suppressed(draft: Draft) -> Rejection | None:
    """Turn away an event of a customer who must be forgotten."""
    suppressions, event = draft.arrival.suppressions, draft.event
    if not len(suppressions):
        return None
    named = [event[name] for name in ("customer_id", "previous_id", "visitor_id") if name in event]
    if draft.arrival.site.hash_key:  # whoever reads the store knows only the hash, and may have asked for that
        named += [pseudonym(draft.arrival.site.hash_key, one) for one in named]
    return NOT_STORED if any(suppressions.holds(event["site"], one) for one in named) else None


def put_pseudonyms(draft: Draft) -> None:
    """Replace ids by what the site keeps instead of them: a daily hash, or keyed hashes."""
    site = draft.arrival.site
    key = site.anonymous_key or site.hash_key
    if not key:
        return
    # everything else of the content stands in the record: a plain hash of it would confirm a guessed id
    draft.event["content_hash"] = pseudonym(key, draft.event["content_hash"])[:16]
    if site.anonymous_key:
        _put_daily_visitor(draft)
    else:
        for name in ("visitor_id", "customer_id", "previous_id"):
            if name in draft.event:
                draft.event[name] = pseudonym(site.hash_key, draft.event[name])


def declines(headers: Mapping[str, str], site: SiteRules) -> bool:
    """True when a browser says that its visitor must not be tracked; headers have lower-case names."""
    return headers.get("sec-gpc") == "1" or (site.dnt and headers.get("dnt") == "1")


def denies(message: Any) -> bool:
    """True when a message carries the visitor's refusal."""
    return isinstance(message, dict) and _choice(message) == DENIED


def original_of(message: Any, arrival: Arrival) -> str:
    """Return what a rejected record keeps of its original: nothing where ids would not have been stored either."""
    if arrival.declined or arrival.site.anonymous_key or arrival.site.hash_key or denies(message):
        return ""
    try:
        written = codec.dumps(message)[: 4 * ORIGINAL_MAX].decode("utf-8", "ignore")
    except TypeError:  # nested too deeply to be written again
        return ""
    return scrub(written)[:ORIGINAL_MAX]


def _put_daily_visitor(draft: Draft) -> None:
    arrival, event, context = draft.arrival, draft.event, draft.context
    own = draft.own_device
    address = arrival.address if own else text(context.get("ip"), 64)
    user_agent = text(context.get("userAgent"), 1024) or (arrival.user_agent if own else None)
    for name in ("visitor_id", "previous_id"):
        event.pop(name, None)
    if own:  # a server that names its own customer does not watch a visitor; a browser that does would end the anonymity
        event.pop("customer_id", None)
    if "customer_id" not in event:
        key = arrival.site.anonymous_key
        draft.put("visitor_id", daily_visitor(key, _day(draft), address=address or "", user_agent=user_agent or ""))
    draft.message = {name: value for name, value in draft.message.items() if name not in ("traits", "groupId", "previousId")}
    draft.message["context"] = {name: value for name, value in context.items() if name not in ("traits", "groupId", "ip")}


def _day(draft: Draft) -> int:
    """Return the day of an event: of history its own, else one import would join all its days."""
    told = first(draft.message.get("timestamp"), draft.message.get("originalTimestamp")) if draft.arrival.historical else None
    own = codec.parse_time(told)
    return (draft.arrival.received_at if own is None else own) // DAY_MS


def _forget_sender(draft: Draft) -> None:
    message = draft.message
    draft.message = {name: message[name] for name in KEPT_OF_CONSENT if name in message} | {"consent": _choice(message)}
    draft.arrival = replace(draft.arrival, address="", user_agent="", visitor_id=None)
    draft.unsigned = True
    put_content_hash(draft)  # of what is left: the first one would confirm a guessed id


def _choice(message: dict[str, Any]) -> Any:
    """Return the choice that a message carries; `properties.status` is one only in an event about consent."""
    properties = mapping(message.get("properties"))
    told = [message.get("consent"), properties.get("consent"), mapping(message.get("context")).get("consent")]
    if message.get("kind") == Kind.CONSENT or message.get("event") == "Consent Updated":
        told.append(properties.get("status"))
    return first(*(state for state in told if isinstance(state, str)))
