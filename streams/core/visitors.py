"""The visitors agent: events in; tracked events, sessions, links and rejections out.

A state value of a visitor holds `seen` and `at` (which ids it sent, when it was last heard of), `chain` and `loose`
(sessions) and `link` (identity). Events without a visitor are remembered per customer, for duplicates only.
"""

from functools import lru_cache
from typing import Any
from zlib import crc32

from schemas.codec import partition_of, partition_seed
from schemas.identities import JUNK_IDS, MAX_ID_LENGTH, Identity, usable_id
from schemas.rejections import ORIGINAL_MAX, Reason, Rejection, record_of
from schemas.topics import IDENTITIES, REJECTED, TRACKED
from streams.core import forgetting, mail_clicks, mail_landings, publishing, rebuilt, relabelling, visits
from streams.core.dedupe import Verdict, age, recall
from streams.core.enrich import enrich
from streams.core.floods import floods
from streams.core.identity import CUSTOMER, LINKING, Link, Outcome, link_of
from streams.core.lines import CONTROL
from streams.core.reading import read_event
from streams.core.rules import LATENESS_MS, LIVE_MS, VisitorRules
from streams.core.session_records import Owner
from streams.core.sessions import ID
from streams.core.work import DUE, Arrival, Outputs, Value, Work

WAKE_LIMIT = 500
"""Keys that one call of `advance` or `flush` wakes on each clock."""

FOR_EVER_MS = 1 << 62

LONG_ID = 24
"""Characters: all junk is shorter but for the empty UUID, which is in no other case than that of the list."""

LINK_FIELDS = ("event_id", "site", "visitor_id", "kind", "event_time", "sent_at", "received_at", "ts_source", "skew_ms")

_seed_of = lru_cache(partition_seed)


def watermark(meta: Value) -> int:
    """Return the watermark of a partition of events, from the meta of its marker. Before the first event it is 0."""
    return int(meta.get("watermark", 0))


def absorb(value: bytes, work: Work, *, rules: VisitorRules, arrival: Arrival) -> None:
    """Take in one record of the events topic. A line that cannot be read goes to the rejected topic."""
    for line in value.split(b"\n"):
        if not line:
            continue
        if line.startswith(CONTROL) and _absorb_control(line, work, rules=rules):
            continue
        event = read_event(line)
        if isinstance(event, Rejection):
            _reject(event, work.out, site="", at=arrival.at)
        else:
            _absorb_event(event, line, work, rules=rules)


def _absorb_control(line: bytes, work: Work, *, rules: VisitorRules) -> bool:
    """Do what a line says that footprint itself has written; False when it is none."""
    if line.startswith(forgetting.MARK):
        forgetting.forget_sender(line, work, partitions=rules.partitions)
    elif line.startswith(publishing.MARK):
        publishing.pass_on(line, work.out, partitions=rules.partitions)
    elif line.startswith(rebuilt.MARKS):
        rebuilt.pass_on(line, work.out, partitions=rules.partitions)
    elif line.startswith(mail_clicks.MARK):
        _link_by_mail(line, work, rules=rules)
    else:
        return False
    return True


def advance(work: Work, *, rules: VisitorRules, now_ms: int, quiet: bool) -> bool:
    """Close, publish and forget what is due; True when there may be more of it.

    On a `quiet` partition the watermark follows the clock. The watermark alone needs no commit: it is found again.
    """
    if quiet:
        _move_watermark(work.meta, now_ms)
    by_event = work.state.due("event", watermark(work.meta), WAKE_LIMIT)
    by_wall = work.state.due("wall", now_ms, WAKE_LIMIT)
    for key in dict.fromkeys((*by_event, *by_wall)):
        _wake(key, work, rules=rules, now_ms=now_ms)
    return WAKE_LIMIT in (len(by_event), len(by_wall))


def flush(work: Work, *, rules: VisitorRules, now_ms: int) -> bool:
    """Publish every session that waits for its time; True when there may be more of them."""
    keys = work.state.due("wall", FOR_EVER_MS, WAKE_LIMIT)
    for key in keys:
        _wake(key, work, rules=rules, now_ms=max(now_ms, FOR_EVER_MS))
    return len(keys) == WAKE_LIMIT


def _absorb_event(event: dict[str, Any], line: bytes, work: Work, *, rules: VisitorRules) -> None:
    site = rules.site(event["site"])
    tracked = enrich(event, site)
    _drop_junk_ids(tracked)
    key = _key_of(tracked)
    value = work.state.get(key) or {}
    live = not tracked.get("historical")
    if live:
        _move_watermark(work.meta, min(tracked["event_time"], tracked["received_at"]))
        if not _is_new(event, line, value, work.out):
            work.state.put(key, value)
            return
    flooding = live and floods(tracked, value)
    made = _identify(tracked, value, work.out, partitions=rules.partitions)
    visit = visits.visit_of(value, _owner(tracked, value), site, work.out) if tracked.get("visitor_id") else None
    publish_at = tracked["received_at"] + rules.session_update_ms
    if visit and made:
        visits.publish_later(visit, publish_at)
    if visit and live and not flooding:
        placement = visits.assign(tracked, visit, watermark=watermark(work.meta), publish_at=publish_at)
        if placement.session:
            tracked["session_id"] = placement.session[ID]
            if placement.relabelled:
                relabelling.tell(placement.session, tracked, value, out=work.out, partitions=rules.partitions)
        if "landed" in value or "click_id" in tracked:
            mail_landings.follow(tracked, value, placement.session, work.out, rules=rules)
    work.out.counts["events" if live else "events_historical"] += 1
    if flooding:
        work.out.counts["events_flooding"] += 1
    work.out.write_line(TRACKED, _tracked_partition(tracked, rules.partitions), tracked)
    if live or made:
        _put_due(value, visit)
        work.state.put(key, value)


def _link_by_mail(line: bytes, work: Work, *, rules: VisitorRules) -> None:
    """Link the visitor whom the click of an e-mail led here, as `identify` would: one who is known stays who it is."""
    told = mail_landings.linking(line)
    if told is None:
        return
    key, site = _key_of(told), rules.site(told["site"])
    value = work.state.get(key) or {}
    if _identify(told, value, work.out, partitions=rules.partitions):
        visit = visits.visit_of(value, _owner(told, value), site, work.out)
        visits.publish_later(visit, told["received_at"] + rules.session_update_ms)
        _put_due(value, visit)
        work.state.put(key, value)


def _drop_junk_ids(tracked: dict[str, Any]) -> None:
    for name in ("visitor_id", "customer_id"):
        value = tracked.get(name)
        if value is not None and not _is_plainly_usable(value) and not usable_id(value):
            del tracked[name]


def _is_plainly_usable(value: str) -> bool:
    """True for what `usable_id` need not be asked: nothing would be stripped from it, and it is longer than junk, but for the longest."""
    return LONG_ID <= len(value) <= MAX_ID_LENGTH and value[0].isalnum() and value[-1].isalnum() and value not in JUNK_IDS


def _key_of(tracked: dict[str, Any]) -> str:
    visitor = tracked.get("visitor_id")
    return f"{tracked['site']}\0v\0{visitor}" if visitor else f"{tracked['site']}\0c\0{tracked.get('customer_id', '')}"


def _owner_of(key: str, value: Value) -> Owner:
    site, _, visitor = key.split("\0", 2)
    link: Link | None = value.get("link")
    return Owner(site, visitor, link[CUSTOMER] if link else "")


def _owner(tracked: dict[str, Any], value: Value) -> Owner:
    return Owner(tracked["site"], tracked["visitor_id"], value["link"][CUSTOMER] if "link" in value else "")


def _tracked_partition(tracked: dict[str, Any], partitions: int) -> int:
    owner: str = tracked.get("customer_id") or tracked.get("visitor_id", "")
    return crc32(owner.encode("utf-8", "surrogatepass"), _seed_of(tracked["site"])) % partitions  # as `partition_of` does


def _move_watermark(meta: Value, at: int) -> None:
    if at - LATENESS_MS > watermark(meta):
        meta["watermark"] = at - LATENESS_MS


def _is_new(event: dict[str, Any], line: bytes, value: Value, out: Outputs) -> bool:
    """Recognise a duplicate (counted) and an id conflict (rejected: the first accepted event of an id stands)."""
    received = event["received_at"]
    seen = value.setdefault("seen", ["", "", received])
    value["at"] = max(value.get("at", 0), received)
    age(seen, received)
    verdict = recall(seen, event["event_id"], event["content_hash"])
    if verdict is Verdict.NEW:
        return True
    out.counts["events_duplicate" if verdict is Verdict.DUPLICATE else "events_conflicting"] += 1
    if verdict is Verdict.CONFLICT:
        message = "Another event with this id was accepted before. Give every event an id of its own."
        original = line[: ORIGINAL_MAX * 4].decode("utf-8", "replace")
        rejection = Rejection(Reason.ID_CONFLICT, message, event_id=event["event_id"], original=original)
        _reject(rejection, out, site=event["site"], at=received)
    return False


def _reject(rejection: Rejection, out: Outputs, *, site: str, at: int) -> None:
    out.counts[f"rejected_{rejection.reason}"] += 1
    out.write(REJECTED, site, record_of(rejection, site=site, stage="streams", received_at=at))


def _identify(tracked: dict[str, Any], value: Value, out: Outputs, *, partitions: int) -> bool:
    """Put the customer of the visitor; True when the event made a link, which is published and sent to the visitor's subject."""
    known = value.get("link")
    if known is None and tracked["kind"] not in LINKING:
        return False
    outcome, link = link_of(tracked, known)
    if outcome is not Outcome.NONE:
        out.counts[outcome] += 1
    if link is None:
        return False
    tracked["customer_id"] = link[CUSTOMER]
    if outcome is not Outcome.LINKED:
        return False
    value["link"] = link
    site, visitor = tracked["site"], tracked["visitor_id"]
    customer, linked_at, event_id, version = link
    identity = Identity(site=site, visitor_id=visitor, customer_id=customer, linked_at=linked_at, event_id=event_id, version=version)
    out.write(IDENTITIES, f"{site}:{visitor}", identity.model_dump())
    control = {"control": "link", "customer_id": customer} | {name: tracked[name] for name in LINK_FIELDS}
    out.write_line(TRACKED, partition_of(site, visitor, partitions), control)
    return True


def _put_due(value: Value, visit: visits.Visit | None) -> None:
    """Set when the value wants to be woken: for its sessions, or to forget the ids that it has seen."""
    event, wall = (visits.due_event(visit), visits.due_wall(visit)) if visit else (None, None)
    if "at" in value:
        forgets = value["at"] + LIVE_MS + 1
        event = min(event or forgets, forgets)
    for field, at in ((DUE["event"], event), (DUE["wall"], wall)):
        if at is not None:
            value[field] = at
        else:
            value.pop(field, None)


def _wake(key: str, work: Work, *, rules: VisitorRules, now_ms: int) -> None:
    value = work.state.get(key)
    if value is None:
        return
    owner, moment = _owner_of(key, value), watermark(work.meta)
    visit = visits.visit_of(value, owner, rules.site(owner.site), work.out)
    visits.wake(visit, watermark=moment, now_ms=now_ms)
    if "at" in value and moment > value["at"] + LIVE_MS:
        del value["seen"], value["at"]
        for name in ("pace", "labelled", "landed"):
            value.pop(name, None)
    for empty in [name for name in ("chain", "loose") if not value[name]]:
        del value[empty]
    _put_due(value, visit)
    if value:
        work.state.put(key, value)
    else:
        work.state.delete(key)
