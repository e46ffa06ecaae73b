"""The steps from a message to an event: `drop_*` may turn it away, `put_*` adds a field."""

from typing import Any

import orjson
from xxhash import xxh3_64_hexdigest

from collector.core import drafts
from collector.core.addresses import kept_address
from collector.core.drafts import Draft
from collector.core.mail_messages import CHOICES
from collector.core.mapping import KIND_OF_NAME, KIND_OF_TYPE, TYPES
from collector.core.plans import PlanWarning
from collector.core.readers import first, mapping, moment, number, text, whole
from collector.core.scrubbing import scrub, scrub_values
from schemas.events import MAX_EVENT_BYTES
from schemas.identities import usable_id
from schemas.kinds import Kind
from schemas.rejections import Reason, Rejection

SNIPPET_LIBRARY = drafts.SNIPPET_LIBRARY
CONSENT_STATES = frozenset({"granted", "denied", "pending"})
NOT_CONTENT = frozenset({"sentAt", "_metadata", "writeKey"})
"""Fields that belong to one request: a resend of the same event carries others."""

MAX_MESSAGE_ID = 200
FOUR_HOURS_MS = 14_400_000
MAX_PIXELS = 65_535
MAX_SEQ = 2**31 - 1
KINDS = frozenset(Kind)


def drop_wrong_shapes(draft: Draft) -> Rejection | None:
    """Turn away a message whose objects are not objects: their content could not be kept."""
    for name in ("properties", "traits", "context"):
        if not isinstance(draft.message.get(name) or {}, dict):
            return Rejection(Reason.INVALID_EVENT, f"`{name}` is not an object. Send an object or leave it out.")
    return None


def put_content_hash(draft: Draft) -> Rejection | None:
    """Add the hash that tells a resend from another event with the same id; turn away what is too large or too deep."""
    content = {name: value for name, value in draft.message.items() if name not in NOT_CONTENT}
    try:
        canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return Rejection(Reason.INVALID_EVENT, "The event is nested too deeply. Send at most 200 levels.")
    if len(canonical) > MAX_EVENT_BYTES:
        return Rejection(Reason.TOO_LARGE, f"The event is over {MAX_EVENT_BYTES:,} bytes. Send less in its properties.")
    draft.event["content_hash"] = xxh3_64_hexdigest(canonical)
    return None


def drop_unknown_type(draft: Draft) -> Rejection | None:
    """Turn away a message that is none of the six types."""
    if draft.type in TYPES:
        return None
    return Rejection(Reason.UNKNOWN_TYPE, f"`type` is none of {', '.join(TYPES)}. Send one of them.")


def put_kind(draft: Draft) -> Rejection | None:
    """Add the kind: what the snippet says, else by the type, else by the name."""
    given = first(draft.message.get("kind"))
    if given is not None and not (isinstance(given, str) and given in KINDS):
        return Rejection(Reason.UNKNOWN_KIND, f"Unknown kind {str(given)[:50]!r}. Send a kind of docs/semantics.md, or leave it out.")
    fixed = KIND_OF_TYPE.get(draft.type)
    name = draft.message.get("event") if fixed is None else first(draft.message.get("name"), draft.properties.get("name"))
    draft.event["kind"] = fixed or given or KIND_OF_NAME.get(text(name) or "", Kind.CUSTOM)
    draft.put("name", text(name, 500))
    if fixed is None and given is None and "name" not in draft.event:
        return Rejection(Reason.INVALID_EVENT, "A `track` message has no name. Send it in `event`.")
    return None


def drop_choice_by_get(draft: Draft) -> Rejection | None:
    """Turn away a choice that nobody may have made: programs follow every address in a mail or page."""
    if draft.arrival.by_get and draft.event["kind"] in CHOICES:
        return Rejection(Reason.INVALID_EVENT, f"A GET makes no `{draft.event['kind']}`. Send it by POST.")
    return None


def put_event_id(draft: Draft) -> Rejection | None:
    """Add the caller's message id, or a new one when there is none that can tell events apart."""
    given = text(draft.message.get("messageId"), MAX_MESSAGE_ID + 1)
    if given is not None and len(given) > MAX_MESSAGE_ID:
        return Rejection(Reason.INVALID_EVENT, f"`messageId` is over {MAX_MESSAGE_ID} characters. Send a UUID.")
    if given is not None and not usable_id(given):
        draft.warnings.append("junk_message_id")
        given = None
    draft.event["event_id"] = given or draft.new_id()
    return None


def put_people(draft: Draft) -> None:
    """Add who did it; values that name nobody are left out and counted."""
    for name, field in (("anonymousId", "visitor_id"), ("userId", "customer_id"), ("previousId", "previous_id")):
        draft.put(field, _person(draft, name))
    if draft.arrival.visitor_id and "visitor_id" not in draft.event:
        draft.event["visitor_id"] = draft.arrival.visitor_id
    # Without a visitor of its own, an alias speaks about the visitor it names, whose state lives in that partition.
    previous = draft.event.get("previous_id")
    if draft.type == "alias" and previous and previous != draft.event.get("customer_id"):
        draft.event.setdefault("visitor_id", previous)


def _person(draft: Draft, name: str) -> str | None:
    given = first(draft.message.get(name))
    if given is None:
        return None
    person = text(given)
    if person is None or not usable_id(person):
        draft.warnings.append("junk_id")
        return None
    return person


def drop_nobody(draft: Draft) -> Rejection | None:
    """Turn away an event that is nobody's. Only a choice of consent may be: who declines is not named any more."""
    if "visitor_id" in draft.event or "customer_id" in draft.event or draft.event["kind"] == Kind.CONSENT:
        return None
    return Rejection(Reason.NO_ID, "The event has no usable id. Send `anonymousId` or `userId`.")


def put_times(draft: Draft) -> None:
    """Add the client's clocks as sent and the collector's own; RudderStack may send only `originalTimestamp`."""
    draft.put("created_at", moment(first(draft.message.get("timestamp"), draft.message.get("originalTimestamp"))))
    draft.put("sent_at", moment(first(draft.message.get("sentAt"), draft.arrival.sent_at)))
    draft.event["received_at"] = draft.arrival.received_at
    if draft.arrival.historical:
        draft.event["historical"] = True


def put_device(draft: Draft) -> None:
    """Add the visitor's address, user agent, language and screen; the request's own only when it is the visitor's."""
    context, arrival = draft.context, draft.arrival
    library = text(mapping(context.get("library")).get("name"), 100)
    own = draft.own_device
    told = text(context.get("ip"), 64) if not own else None
    draft.put("ip", kept_address(told or (arrival.address if own else ""), arrival.site.ip))
    draft.put("user_agent", text(context.get("userAgent"), 1024) or (text(arrival.user_agent, 1024) if own else None))
    draft.put("library", library)
    draft.put("language", text(context.get("locale"), 64))
    screen = mapping(context.get("screen"))
    draft.put("screen_width", whole(screen.get("width"), most=MAX_PIXELS))
    draft.put("screen_height", whole(screen.get("height"), most=MAX_PIXELS))
    if context.get("webdriver") is True:
        draft.event["webdriver"] = True


def put_page(draft: Draft) -> None:
    """Add where it happened: SDKs say it in `context.page`, in `properties`, or in both."""
    page, properties = mapping(draft.context.get("page")), draft.properties
    for name in ("url", "referrer"):
        address = text(first(page.get(name), properties.get(name)))
        if address is not None:
            draft.event[name] = scrub(address)
    draft.put("title", text(first(page.get("title"), properties.get("title"))))
    draft.put("pageview_id", text(draft.message.get("pageviewId"), MAX_MESSAGE_ID))


def put_engagement(draft: Draft) -> None:
    """Add the snippet's deltas of time and scroll depth."""
    draft.put("seq", whole(draft.message.get("seq"), most=MAX_SEQ))
    draft.put("engaged_ms", whole(draft.message.get("engagedMs"), most=FOUR_HOURS_MS))
    draft.put("scroll_pct", whole(draft.message.get("scrollPct"), most=100))


def put_value(draft: Draft) -> None:
    """Add what it was worth, also when a shop sends it as text."""
    properties = draft.properties
    amounts = (number(properties.get(name)) for name in ("value", "revenue", "total"))
    draft.put("value", next((amount for amount in amounts if amount is not None), None))
    draft.put("currency", text(properties.get("currency"), 10))


def put_references(draft: Draft) -> None:
    """Add the e-mail, the group and the consent that the event is about."""
    message, properties = draft.message, draft.properties
    draft.put("message_id", text(properties.get("message_id"), MAX_MESSAGE_ID))
    draft.put("group_id", text(first(message.get("groupId"), draft.context.get("groupId")), MAX_MESSAGE_ID))
    told = (message.get("consent"), properties.get("consent"), properties.get("status"), draft.context.get("consent"))
    draft.put("consent", next((state for state in told if isinstance(state, str) and state in CONSENT_STATES), None))


def put_traits(draft: Draft) -> None:
    """Add the traits of a person or group; RudderStack for Python has them in the context only."""
    if draft.type in ("identify", "group"):
        draft.put("traits", {**mapping(draft.context.get("traits")), **mapping(draft.message.get("traits"))} or None)


def put_props(draft: Draft) -> None:
    """Add the caller's properties, addresses in them scrubbed; a page's category stands beside them in Segment's messages."""
    props: dict[str, Any] = scrub_values(draft.properties)
    category = text(draft.message.get("category"), 500)
    if category and "category" not in props:
        props = {**props, "category": category}
    if props:
        draft.event["props"] = props


def drop_plan_violation(draft: Draft) -> Rejection | None:
    """Turn away, or count, an event that breaks the site's tracking plan."""
    plan = draft.arrival.site.plan
    if plan is None or draft.unsigned:
        return None
    violation = plan.check(draft.event.get("name", ""), draft.event["kind"], draft.properties)
    if violation is None:
        return None
    if violation.mode == "reject":
        return Rejection(Reason.PLAN_VIOLATION, violation.message)
    draft.warnings.append(PlanWarning(draft.arrival.site.site, violation.event, violation.keyword))
    return None
