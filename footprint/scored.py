"""What the store holds about scores: events as the subjects see them, and what was published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.codec import loads, subject_of
from sinks.clickhouse.client import StoreClient
from streams.core.base import Parts

Event = dict[str, Any]

EVENTS = """
SELECT event_id, visitor_id, customer_id, session_id, kind, name, toUnixTimestamp64Milli(event_time) AS event_time,
       toUnixTimestamp64Milli(received_at) AS received_at, historical, url, url_host, url_path, title, referrer_class, utm_source, utm_medium,
       utm_campaign, utm_term, utm_content, click_id, channel, browser, os, device, country, language, traffic, traffic_reasons, consent, pageview_id, seq,
       engaged_ms, scroll_pct, value, currency, message_id, previous_id, group_id, library, traits, props
FROM resolved_events
WHERE site = %(site)s AND actor IN %(actors)s
"""
AS_SENT = {"output_format_json_quote_64bit_integers": 0}

SUBJECTS = """
SELECT DISTINCT if(customer_id != '', concat('c:', customer_id), concat('v:', visitor_id)) AS subject
FROM events
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND (customer_id != '' OR visitor_id != '')
ORDER BY subject
"""
VISITORS_OF = """
SELECT DISTINCT visitor_id FROM linked_visitors WHERE site = %(site)s AND customer_id IN %(customers)s
UNION DISTINCT
SELECT DISTINCT actor FROM seen_customers WHERE site = %(site)s AND customer_id IN %(customers)s
"""
OWNERS = """
SELECT DISTINCT if(visitor_id != '', concat('v:', visitor_id), concat('c:', customer_id)) AS owner
FROM events
WHERE site = {site:String} AND historical AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND (customer_id != '' OR visitor_id != '')
ORDER BY owner
"""
TOLD = """
SELECT DISTINCT subject FROM score_changes_raw WHERE site = %(site)s AND subject IN %(owners)s AND reason = 'history'
UNION DISTINCT
SELECT DISTINCT concat('v:', visitor_id) FROM linked_visitors WHERE site = %(site)s AND concat('v:', visitor_id) IN %(owners)s
"""
PUBLISHED = """
SELECT subject, score, raw_value, toUnixTimestamp64Milli(updated_at), half_life_s * 1000, model_version
FROM scores_raw FINAL
WHERE site = %(site)s AND subject IN %(subjects)s
"""
# What each rule has contributed, as of the time of the score: live, by history, and before a time from which on events are kept.
CONTRIBUTED = """
SELECT subject, score, rule, sumIf(worth, reason != 'history'), sumIf(worth, reason = 'history'), sumIf(worth, reason != 'history' AND at < kept_since)
FROM
(
    SELECT c.subject AS subject, c.score AS score, c.rule AS rule, c.reason AS reason, c.at AS at, fromUnixTimestamp64Milli(%(kept_since)s) AS kept_since,
           c.points * if(s.half_life_s > 0,
               exp2((toUnixTimestamp64Milli(c.event_time) - toUnixTimestamp64Milli(s.updated_at)) / 1000 / s.half_life_s), 1) AS worth
    FROM (SELECT * FROM score_changes_raw FINAL WHERE site = %(site)s AND subject IN %(subjects)s) AS c
    INNER JOIN (SELECT * FROM scores_raw FINAL WHERE site = %(site)s AND subject IN %(subjects)s) AS s
        ON s.subject = c.subject AND s.score = c.score AND s.model_version = c.model_version
)
GROUP BY subject, score, rule
"""
CAUSES = """
SELECT subject, groupUniqArray(event_id) FROM score_changes_raw
WHERE site = %(site)s AND subject IN %(subjects)s AND event_id != '' AND at >= fromUnixTimestamp64Milli(%(kept_since)s)
GROUP BY subject
"""


@dataclass(slots=True)
class Published:
    """What is published about a subject's scores. Values hold as of the time of their score."""

    was: dict[str, list[float]] = field(default_factory=dict)
    """By score `[raw value, its time, half-life]`, times in milliseconds."""
    versions: set[str] = field(default_factory=set)
    live: dict[tuple[str, str], float] = field(default_factory=dict)
    """What rules have contributed, by score and rule."""
    history: dict[tuple[str, str], float] = field(default_factory=dict)
    carried: Parts = field(default_factory=dict)
    """What events contributed that are kept no more."""
    causes: frozenset[str] = frozenset()
    """Events that the changes name."""


def subjects_seen(client: StoreClient, site: str, times: dict[str, str]) -> list[str]:
    """Return the subjects that did something between `from` and `to` (Unix seconds)."""
    return [row[0] for row in client.rows(SUBJECTS, {"site": site, **times})]


def owners_seen(client: StoreClient, site: str, times: dict[str, str]) -> list[str]:
    """Return whose history there is between `from` and `to` (Unix seconds)."""
    return [row[0] for row in client.rows(OWNERS, {"site": site, **times})]


def told_before(client: StoreClient, site: str, owners: Sequence[str]) -> set[str]:
    """Return the owners whose history may be part of a score already: their own, or a customer's."""
    return {row[0] for row in client.rows(TOLD, {"site": site, "owners": list(owners)})}


def events_of_actors(client: StoreClient, site: str, actors: Sequence[str]) -> list[Event]:
    """Return every event of visitors, and of customers without a visitor, as it is shown now."""
    text = client.text(EVENTS, "JSONEachRow", parameters={"site": site, "actors": list(actors)}, settings=AS_SENT)
    return [loads(line) for line in text.splitlines()]


def events_of_subjects(client: StoreClient, site: str, subjects: Sequence[str]) -> dict[str, list[Event]]:
    """Return the events of each subject: a customer's are those of every visitor of theirs."""
    customers = [subject[2:] for subject in subjects if subject.startswith("c:")]
    actors = {subject[2:] for subject in subjects}
    if customers:
        actors |= {row[0] for row in client.rows(VISITORS_OF, {"site": site, "customers": customers})}
    found: dict[str, list[Event]] = {subject: [] for subject in subjects}
    for event in events_of_actors(client, site, sorted(actors)):
        subject = subject_of(event["customer_id"], event["visitor_id"])
        if subject in found:
            found[subject].append(event)
    return found


def published_of(client: StoreClient, site: str, subjects: Sequence[str], *, kept_since: int) -> dict[str, Published]:
    """Return what is published about the scores of each subject. `kept_since`: older events are kept no more, Unix milliseconds."""
    asked = {"site": site, "subjects": list(subjects), "kept_since": kept_since}
    found = {subject: Published() for subject in subjects}
    for subject, score, raw, at, half_life, version in client.rows(PUBLISHED, asked):
        found[subject].was[score] = [raw, at, half_life]
        found[subject].versions.add(version)
    for subject, score, rule, live, history, carried in client.rows(CONTRIBUTED, asked):
        known = found[subject]
        known.live[score, rule], known.history[score, rule] = live, history
        if carried:
            known.carried.setdefault(score, {})[rule] = [carried, known.was[score][1]]
    for subject, causes in client.rows(CAUSES, asked):
        found[subject].causes = frozenset(causes)
    return found


def by_owner(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return events by whose history they would be: a visitor's, or else the customer's."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(f"v:{event['visitor_id']}" if event["visitor_id"] else f"c:{event['customer_id']}", []).append(event)
    return found
