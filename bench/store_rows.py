"""Realistic rows for the store's bench, made inside ClickHouse: a shop of ten events a session, in the order they happened.

User agents, paths and referrers are those of a real log (tests/data); ids are UUIDs as the snippet makes them. An event is
about 1.2 KB of JSON. The same number gives the same row, so that a run can be repeated.
"""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

LOG = Path(__file__).parents[1] / "tests" / "data" / "access-sample.log.gz"
LINE = re.compile(r'"GET (/[^ "?]*)[^"]*" \d+ \S+ "([^"]*)" "([^"]*)"')
DAYS = 90
PER_SESSION = 10
SESSIONS_A_VISITOR = 5
SITE = "shop"
LETTERS = 8
"""E-mails to every customer, over the days."""


@dataclass(frozen=True, slots=True)
class Shop:
    """How many events, and when the first one happened (Unix milliseconds). They fill 90 days whatever their number."""

    events: int
    start_ms: int

    @property
    def sessions(self) -> int:
        """How many sessions."""
        return self.events // PER_SESSION

    @property
    def visitors(self) -> int:
        """How many browsers; some come often, most once or twice."""
        return max(1, self.sessions // SESSIONS_A_VISITOR)


def words() -> dict[str, list[str]]:
    """Return paths, referrers and user agents of the log, most frequent forms as often as they occur."""
    lines = gzip.decompress(LOG.read_bytes()).decode(errors="replace").splitlines()
    found = [match.groups() for line in lines if (match := LINE.search(line))]
    paths = [path for path, _, _ in found if not re.search(r"\.(png|css|js|ico|gif|jpg|txt|xml)$", path)]
    return {
        "paths": paths[:700],
        "referrers": [referrer[:200] for _, referrer, _ in found if referrer.startswith("http")][:300],
        "agents": [agent for _, _, agent in found if agent.startswith("Mozilla/5.0 (") and "bot" not in agent.lower()][:400],
    }


def _array(values: list[str]) -> str:
    quoted = ("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
    return "[" + ", ".join(quoted) + "]"


def _uuid(what: str, salt: str) -> str:
    """Return a random-looking UUID, always the same for the same thing."""
    raw = f"lower(hex(sipHash128({what}, '{salt}')))"
    parts = [f"substring({raw}, 1, 8)", f"substring({raw}, 9, 4)", f"'4' || substring({raw}, 14, 3)", f"'a' || substring({raw}, 18, 3)"]
    return " || '-' || ".join([*parts, f"substring({raw}, 21, 12)"])


def _uuid7(ms: str, what: str) -> str:
    """Return a UUID of version 7: its time first, as the snippet makes it."""
    raw, time = f"lower(hex(sipHash128({what}, 'id')))", f"lower(hex(toUInt64({ms})))"
    padded = f"leftPad({time}, 12, '0')"
    parts = [
        f"substring({padded}, 1, 8)",
        f"substring({padded}, 9, 4)",
        f"'7' || substring({raw}, 14, 3)",
        f"'a' || substring({raw}, 18, 3)",
    ]
    return " || '-' || ".join([*parts, f"substring({raw}, 21, 12)"])


def _sessions(shop: Shop) -> str:
    """Return expressions of a session `s`: who, when, how."""
    step = DAYS * 86_400_000 / max(1, shop.sessions)
    return f"""
    toUInt64({shop.visitors} * pow(sipHash64(s, 'who') / 18446744073709551616., 1.5)) AS v,
    {_uuid("v", "visitor")} AS visitor,
    {_uuid("s", "session")} AS session,
    v % 3 = 0 AS known,
    if(known, 'customer-' || toString(v), '') AS customer,
    toUInt64({shop.start_ms} + s * {step}) AS began,
    ['search', 'direct', 'social', 'email', 'referral', 'ai_assistant', 'paid_search'][1 + sipHash64(s, 'channel') % 7] AS came_by,
    if(came_by IN ('email', 'paid_search'), ['spring', 'summer', 'autumn', 'brand', 'newsletter-12'][1 + sipHash64(s, 'campaign') % 5], '') AS campaign,
    ['DE', 'US', 'FR', 'GB', 'AT', 'CH', 'NL', 'PL'][1 + toUInt8(8 * pow((sipHash64(v, 'country') % 1000) / 1000., 2))] AS land
    """


def events(shop: Shop, first: int, last: int) -> str:
    """Return a SELECT of the events `first` up to and without `last`, with the columns of `ingest_tracked`."""
    found = words()
    return f"""
WITH {_array(found["paths"])} AS paths, {_array(found["referrers"])} AS referrers, {_array(found["agents"])} AS agents,
    intDiv(number, {PER_SESSION}) AS s, number % {PER_SESSION} AS k, {_sessions(shop)},
    multiIf(k IN (0, 2, 4, 6, 8), 'page_view', k IN (1, 5), 'engagement', k = 3, 'click', k = 7, 'custom',
            ['purchase', 'form_submit', 'identify', 'page_view', 'engagement', 'email_click', 'click', 'engagement'][1 + sipHash64(s, 'ninth') % 8]) AS what,
    what = 'email_click' AND known AS touch, intDiv(number, 2) AS p,
    if(sipHash64(p, 'top') % 5 = 0, ['/', '/pricing', '/products', '/contact'][1 + sipHash64(p, 'of') % 4],
       paths[1 + toUInt32(length(paths) * pow((sipHash64(p, 'path') % 100000) / 100000., 2))]) AS path,
    began + k * (12000 + sipHash64(number, 'pause') % 30000) AS at,
    300 + sipHash64(number, 'way') % 1700 AS way
SELECT
    {_uuid7("at", "number")} AS event_id,
    '{SITE}' AS site,
    if(touch, '', visitor) AS visitor_id,
    if(known AND (sipHash64(s, 'in') % 2 = 0 OR what IN ('identify', 'email_click')), customer, '') AS customer_id,
    if(touch OR what = 'identify', '', session) AS session_id,
    if(what = 'email_click' AND NOT known, 'custom', what) AS kind,
    if(kind = 'custom', ['Product Viewed', 'Products Searched', 'Video Played'][1 + sipHash64(number, 'name') % 3], '') AS name,
    at AS event_time, at AS created_at, at + way - 40 AS sent_at, at + way AS received_at, 'client' AS ts_source, 40 AS skew_ms,
    'https://shop.example' || path || if(campaign != '', '?utm_source=crm&utm_medium=' || came_by || '&utm_campaign=' || campaign, '') AS url,
    'shop.example' AS url_host, path AS url_path, 'The page at ' || path || ' of the shop' AS title,
    if(k = 0, referrers[1 + sipHash64(s, 'from') % length(referrers)], 'https://shop.example' || paths[1 + sipHash64(p, 'before') % 100]) AS referrer,
    if(k = 0, 'referral', 'internal') AS referrer_class,
    if(campaign != '', 'crm', '') AS utm_source, if(campaign != '', came_by, '') AS utm_medium, campaign AS utm_campaign, came_by AS channel,
    agents[1 + toUInt32(length(agents) * pow((sipHash64(v, 'agent') % 100000) / 100000., 2))] AS user_agent,
    ['Chrome', 'Safari', 'Firefox', 'Edge'][1 + v % 4] AS browser, ['Windows', 'macOS', 'iOS', 'Android'][1 + v % 4] AS os,
    ['desktop', 'phone', 'tablet'][1 + v % 3] AS device, '203.0.' || toString(v % 250) || '.0' AS ip, land AS country,
    ['de-DE', 'en-US', 'fr-FR', 'en-GB'][1 + v % 4] AS language, [1280, 1920, 390, 1440][1 + v % 4] AS screen_width, [720, 1080, 844, 900][1 + v % 4] AS screen_height,
    if(v % 97 = 0, 'bot', 'human') AS traffic, if(v % 97 = 0, ['crawler list'], []) AS traffic_reasons,
    {_uuid("p", "pageview")} AS pageview_id, k + 1 AS seq,
    if(kind = 'engagement', 1000 + sipHash64(number, 'stay') % 60000, 0) AS engaged_ms, if(kind = 'engagement', sipHash64(number, 'deep') % 101, 0) AS scroll_pct,
    if(kind = 'purchase', 20 + sipHash64(number, 'value') % 20000 / 100., 0) AS value, if(kind = 'purchase', 'EUR', '') AS currency,
    'footprint.js 0.1.0' AS library,
    if(kind = 'identify', '{{"plan": "pro", "email_verified": true, "email": "' || customer || '@mail.example"}}', '{{}}')::JSON(max_dynamic_paths = 128) AS traits,
    multiIf(kind = 'custom', '{{"category": "c' || toString(sipHash64(number, 'category') % 40) || '", "product_id": "sku-' || toString(sipHash64(number, 'product') % 5000)
                || '", "price": ' || toString(sipHash64(number, 'price') % 20000 / 100.) || ', "position": ' || toString(number % 30) || '}}',
            kind = 'form_submit', '{{"form": "contact"}}',
            kind = 'click', '{{"element": "a", "text": "Read more about it", "href": "https://shop.example/"}}',
            '{{}}')::JSON(max_dynamic_paths = 128) AS props
FROM numbers({first}, {last - first})
"""


def sessions(shop: Shop, first: int, last: int, *, version: int) -> str:
    """Return a SELECT of the records of sessions: version 1 as it goes on, version 2 as it was closed."""
    return f"""
WITH number AS s, {_sessions(shop)}, sipHash64(s, 'merged') % 100 = 0 AS merged
SELECT 0 AS kafka_partition, s * 2 + {version} AS kafka_offset, session AS session_id, '{SITE}' AS site, visitor AS visitor_id, customer AS customer_id,
    if(merged AND {version} = 2, 'superseded', 'updated') AS status, {version} AS version,
    if(merged AND {version} = 2, {_uuid("s - 1", "session")}, '') AS superseded_by,
    began AS started_at, began + 250000 AS ended_at, {version} = 2 AS closed, if(closed, 'idle', '') AS close_reason,
    4 * {version} AS events, 3 * {version} AS page_views, 1 AS clicks, 30000 * {version} AS engaged_ms, 120000 * {version} AS span_ms, 1 AS engaged, 0 AS bounced,
    '/' AS entry_path, '/pricing' AS exit_path, came_by AS channel, if(campaign != '', 'crm', '') AS utm_source, if(campaign != '', came_by, '') AS utm_medium,
    campaign AS utm_campaign, land AS country, ['desktop', 'phone', 'tablet'][1 + v % 3] AS device,
    if(v % 97 = 0, 'bot', if(relabelled, 'suspect', 'human')) AS traffic, if(sipHash64(s, 'ninth') % 8 = 0, 60.5, 0) AS value,
    {version} = 2 AND NOT merged AND sipHash64(s, 'rate') % 100 = 1 AS relabelled, if(relabelled, ['rate'], []) AS traffic_reasons
FROM numbers({first}, {last - first})
"""


def identities(shop: Shop) -> str:
    """Return a SELECT of the links: one browser in three belongs to somebody known."""
    return f"""
WITH number * 3 AS v
SELECT 0 AS kafka_partition, v AS kafka_offset, '{SITE}' AS site, {_uuid("v", "visitor")} AS visitor_id, 'customer-' || toString(v) AS customer_id,
    {shop.start_ms} AS linked_at, {_uuid("v", "link")} AS event_id
FROM numbers({shop.visitors // 3 + 1})
"""


def scores(shop: Shop) -> str:
    """Return a SELECT of two scores of each browser or its customer."""
    return f"""
WITH intDiv(number, 2) AS v, v % 3 = 0 AS known, {_uuid("v", "visitor")} AS visitor
SELECT 0 AS kafka_partition, number AS kafka_offset, '{SITE}' AS site, if(known, 'c:customer-' || toString(v), 'v:' || visitor) AS subject,
    if(known, 'customer-' || toString(v), '') AS customer_id, if(known, '', visitor) AS visitor_id, ['engagement', 'fit'][1 + number % 2] AS score,
    sipHash64(number) % 100 AS value, value AS raw_value, 0 AS floor, 100 AS ceiling, ['A1', 'B2', 'C3'][1 + number % 3] AS band,
    ['awareness', 'consideration', 'intent', 'purchase'][1 + v % 4] AS stage, '1' AS model_version, 604800 AS half_life_s,
    [('page_view', 5.), ('pricing', 20.)]::Array(Tuple(rule String, points Float64)) AS reasons, {shop.start_ms} + {DAYS} * 86400000 AS updated_at
FROM numbers({2 * shop.visitors})
"""


def score_changes(shop: Shop, first: int, last: int) -> str:
    """Return a SELECT of changes of scores: one for every third event."""
    return f"""
WITH intDiv(number, {PER_SESSION}) AS s, {_sessions(shop)}, began + number % {PER_SESSION} * 20000 AS moment
SELECT 0 AS kafka_partition, number AS kafka_offset, '{SITE}' AS site, if(known, 'c:' || customer, 'v:' || visitor) AS subject, 'engagement' AS score,
    ['page_view', 'pricing', 'click', 'product'][1 + sipHash64(number) % 4] AS rule, '1' AS model_version, {_uuid7("moment", "number")} AS event_id, moment AS event_time,
    1 + sipHash64(number) % 5 AS points, sipHash64(s) % 50 AS before, before + points AS after, 'B2' AS band_before, 'B2' AS band_after, 'event' AS reason, moment + 500 AS at
FROM (SELECT number * 3 AS number FROM numbers({first // 3}, {(last - first) // 3}))
"""


def mails(shop: Shop, letter: int) -> str:
    """Return a SELECT of what became of one letter to every customer: sent and delivered, opened by half, mostly by machines, clicked by one in ten."""
    sent = shop.start_ms + (letter + 1) * DAYS * 86_400_000 // (LETTERS + 1)
    return f"""
WITH intDiv(number, 4) * 3 AS v, number % 4 AS k, {letter} AS letter, sipHash64(v, letter, k) % 100 AS luck,
    ['email_sent', 'email_delivered', 'email_open', 'email_click'][1 + k] AS what,
    {sent} + v % 3600000 + [0, 2000, 600000, 660000][1 + k] + if(k >= 2, luck * 400000, 0) AS at
SELECT
    {_uuid7("at", f"number, 'letter', {letter}")} AS event_id,
    '{SITE}' AS site, 'customer-' || toString(v) AS customer_id, what AS kind, at AS event_time, at AS sent_at, at AS received_at, 'client' AS ts_source,
    'letter-{letter}' AS message_id, 'email' AS channel,
    multiIf(k < 2, '', k = 2, ['unknown', 'proxied', 'machine_probable', 'machine_certain'][1 + v % 4], ['human', 'human', 'unknown', 'machine_certain'][1 + v % 4]) AS email_label,
    multiIf(email_label = 'machine_certain', 'bot', email_label = 'machine_probable', 'suspect', 'human') AS traffic,
    if(traffic = 'human', [], ['burst']) AS traffic_reasons,
    if(k = 0, '{{"campaign": "campaign-{letter // 2}"}}', if(k = 3, '{{"url": "https://shop.example/?utm_source=crm&utm_campaign=spring", "link": 1}}', '{{}}'))::JSON(max_dynamic_paths = 128) AS props
FROM numbers({4 * (shop.visitors // 3)})
WHERE k = 0 OR k = 1 AND luck < 98 OR k = 2 AND luck < 50 OR k = 3 AND luck < 10
"""


def customers() -> str:
    """Return a SELECT of rows of `customers_raw`, from sessions and scores that are stored: what the count of each customer would take an hour for."""
    return f"""
WITH known AS
(
    SELECT
        customer_id, min(started_at) AS first_seen, max(ended_at) AS last_seen, uniqExact(visitor_id) AS visitors, count() AS sessions, sum(s.events) AS events,
        sum(s.page_views) AS page_views, groupUniqArray(toString(channel)) AS channels, argMin(channel, started_at) AS first_channel, argMax(channel, started_at) AS last_channel,
        countIf(s.value > 0) AS orders, sum(s.value) AS value
    FROM sessions_raw AS s FINAL
    WHERE site = '{SITE}' AND customer_id != '' AND status != 'superseded'
    GROUP BY customer_id
),
scored AS
(
    SELECT
        customer_id, argMax(toString(stage), score) AS stage, mapFromArrays(groupArray(toString(score)), groupArray(toString(band))) AS bands, groupArray(toString(score)) AS scores,
        groupArray(raw_value) AS raw_values, groupArray(floor) AS floors, groupArray(ceiling) AS ceilings, groupArray(half_life_s) AS half_lives, groupArray(updated_at) AS updated
    FROM scores_raw FINAL
    WHERE site = '{SITE}' AND customer_id != ''
    GROUP BY customer_id
)
SELECT
    '{SITE}' AS site, k.*, 1 AS version, 0 AS is_deleted, k.last_seen AS received_at, s.stage AS stage, s.bands AS bands, s.scores AS `scored.score`, s.raw_values AS `scored.raw_value`,
    s.floors AS `scored.floor`, s.ceilings AS `scored.ceiling`, s.half_lives AS `scored.half_life_s`, s.updated AS `scored.updated_at`,
    ['', 'granted', 'denied'][1 + sipHash64(k.customer_id) % 3] AS consent, map('news/email', 'in') AS preferences,
    '{{"plan": "pro", "email_verified": true, "email": "' || k.customer_id || '@mail.example", "name": "Ada Lovelace", "company": "Analytical Engines"}}' AS traits,
    map('c' || toString(sipHash64(k.customer_id) % 40), 4., 'c' || toString(sipHash64(k.customer_id, 2) % 40), 2.) AS interests,
    604800. AS interest_half_life_s, now64(3) AS interested_at
FROM known AS k
LEFT ANY JOIN scored AS s ON s.customer_id = k.customer_id
"""
