"""Rules with every sort of trigger, small enough for short logs; and which signals their triggers should give."""

import hashlib

from streams.core import subjects
from streams.core.triggers import AbsenceTrigger
from tests.streams.core.direct import DAY, by_subject, is_price, order, path_of
from tests.streams.core.running import MODELS, PARTITIONS

MINUTE = 60_000
TEXT = """
version: rich-1
time_zone: Europe/Berlin
triggers:
  price_page_twice: {when: {kind: [page_view], path: "/{price,prices,pricing,plans}*"}, count: 2, within: 7d, min_gap: 5m, cooldown: 24h}
  pages: {when: {kind: [page_view]}, count: 2, within: 10m, distinct_by: url_path, cooldown: 2m}
  deciding: {when: {kind: [click]}, count: 1, within: 1m, min_gap: 1s, cooldown: 1m, where: {stage: [consideration, intent]}}
  agreed: {when: {kind: [page_view]}, count: 2, within: 10m, min_gap: 1s, cooldown: 3m, where: {consent: granted}}
  asked: {when: {kind: [form_submit]}, unless: {kind: [purchase, email_click]}, within: 4m, cooldown: 5m}
  silent: {when: {kind: [page_view]}, unless: {kind: [engagement]}, within: 3m, cooldown: 1m, where: {stage: [none, awareness]}}
  quiet: {when: {kind: [purchase]}, count: 1, within: 1m, min_gap: 1s, cooldown: 2m, quiet_hours: {from: "10:00", to: "18:00"}}
  hot: {score: engagement, reaches: 40, falls: true, cooldown: 1m}
  warm: {when: {kind: [click, page_view]}, count: 1, within: 1m, where: {band: {engagement: [1, 2]}}}
"""
RULES = subjects.read_rules(scores=(MODELS / "scores.yaml").read_text(), triggers=TEXT, partitions=PARTITIONS)

ARRIVAL_DECIDES = ("hot", "warm")
"""Triggers whose signals depend on the order of arrival, by nature (docs/semantics.md)."""

ABSENCES = tuple(trigger.name for trigger in RULES.triggers if isinstance(trigger, AbsenceTrigger))
"""Triggers that a timer ends."""


def signal_id(trigger, event):
    return hashlib.sha256("\0".join(("demo", trigger, "rich-1", event["event_id"])).encode()).hexdigest()[:32]


def stage(events, at):
    """How far somebody came by a time."""
    kinds = [event["kind"] for event in events if order(event)[0] <= at]
    past = [event for event in events if order(event)[0] <= at]
    reached = [0] + [1] * any(kind in ("page_view", "email_click") for kind in kinds)
    reached += [2] * any(is_price(event) or event.get("name") == "download" for event in past)
    reached += [3] * ("form_submit" in kinds) + [4] * ("purchase" in kinds) + [5] * (kinds.count("purchase") >= 3)
    return max(reached)


def counted(events, matches, number, *, within, gap=0, cooldown, distinct=None, meets=lambda _: True):
    """The events at which a count is complete, by going over everything that matches in order."""
    kept, fired, found = [], None, []
    for event in filter(matches, events):
        at, visitor = order(event)[0], event.get("visitor_id", "")
        if kept and visitor == kept[-1][1] and at - kept[-1][0] < gap:
            continue
        before = [one for one in kept if at - one[0] <= within]
        kept.append((at, visitor, distinct(event) if distinct else len(kept)))
        armed = fired is None or (at - fired >= cooldown and len({one[2] for one in before}) < number)
        if armed and len({one[2] for one in [*before, kept[-1]]}) >= number and meets(event):
            fired = at
            found.append(event)
    return found


def absent(events, matches, unless, *, within, cooldown, meets=lambda _: True):
    """The events that nothing answered in time."""
    fired, found = None, []
    for event in filter(matches, events):
        at = order(event)[0]
        answered = any(order(event) < order(other) and order(other)[0] <= at + within for other in filter(unless, events))
        if not answered and meets(event) and (fired is None or at - fired >= cooldown):
            fired = at
            found.append(event)
    return found


def of_kind(*kinds):
    return lambda event: event["kind"] in kinds


def granted(event):
    return event.get("consent") == "granted"


def staged(events, *stages):
    return lambda event: stage(events, order(event)[0]) in stages


def seen_page(event):
    return event["kind"] == "page_view" and bool(path_of(event))


def fired(events):
    """Trigger -> the events at which it fires, for what one subject did."""
    views, clicks, answers = of_kind("page_view"), of_kind("click"), of_kind("purchase", "email_click")
    return {
        "price_page_twice": counted(events, is_price, 2, within=7 * DAY, gap=5 * MINUTE, cooldown=DAY),
        "pages": counted(events, seen_page, 2, within=10 * MINUTE, cooldown=2 * MINUTE, distinct=path_of),
        "deciding": counted(events, clicks, 1, within=MINUTE, gap=1000, cooldown=MINUTE, meets=staged(events, 2, 3)),
        "agreed": counted(events, views, 2, within=10 * MINUTE, gap=1000, cooldown=3 * MINUTE, meets=granted),
        "asked": absent(events, of_kind("form_submit"), answers, within=4 * MINUTE, cooldown=5 * MINUTE),
        "silent": absent(events, views, of_kind("engagement"), within=3 * MINUTE, cooldown=MINUTE, meets=staged(events, 0, 1)),
        "quiet": counted(events, of_kind("purchase"), 1, within=MINUTE, gap=1000, cooldown=2 * MINUTE),
    }


def signals(log, machines=frozenset()):
    """Signal -> whose it is, and of which trigger."""
    found = {}
    for subject, everything in by_subject(log).items():
        events = [event for event in everything if event["event_id"] not in machines]
        found |= {signal_id(trigger, event): (subject, trigger) for trigger, at in fired(events).items() for event in at}
    return found
