-- A narrow copy of events in the order of time, for questions about a stretch of time. Ids are 64-bit hashes: enough to count and to
-- join by, and small; 0 is none. The keys hash the site too, so that one number is enough for a join.
-- What questions read is compressed for speed, what they seldom read for size: half of a funnel's time was taking ZSTD apart.
-- Fed by events_raw, so that copies and corrections come here too, and sorted by what its key says: the same one stands.
CREATE TABLE IF NOT EXISTS events_by_time_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    kind LowCardinality(String),
    event_time DateTime64(3, 'UTC') CODEC(Delta, LZ4),
    event_key UInt64,
    version UInt64 CODEC(ZSTD(1)),
    is_deleted UInt8,
    rebuilt Bool,
    visitor_key UInt64,
    customer_key UInt64,
    session_key UInt64,
    pageview_key UInt64 CODEC(ZSTD(1)),
    name LowCardinality(String),
    url_host LowCardinality(String),
    url_path LowCardinality(String),
    channel LowCardinality(String),
    traffic LowCardinality(String),
    engaged_ms UInt32,
    scroll_pct UInt8 CODEC(ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    currency LowCardinality(String),
    received_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
PARTITION BY toYYYYMM(event_time)
ORDER BY (site, event_time, event_key)
SETTINGS ${DEDUP}, default_compression_codec = 'LZ4';

CREATE MATERIALIZED VIEW IF NOT EXISTS events_raw_by_time ${ON_CLUSTER} TO events_by_time_raw AS
SELECT
    site,
    kind,
    event_time,
    cityHash64(site, actor, event_id) AS event_key,
    version,
    is_deleted,
    version >= 281474976710656 AS rebuilt,
    if(visitor_id = '', 0, cityHash64(site, visitor_id)) AS visitor_key,
    if(customer_id = '', 0, cityHash64(site, customer_id)) AS customer_key,
    if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session_key,
    if(pageview_id = '', 0, cityHash64(site, visitor_id, pageview_id)) AS pageview_key,
    name, url_host, url_path, channel, traffic, engaged_ms, scroll_pct, value, currency,
    toDateTime(received_at) AS received_at
FROM events_raw
WHERE empty(corrected);

-- What `events` says, in numbers, but for whose an event is: most counts need not look that up. `customer` is what the event itself says.
CREATE OR REPLACE VIEW unlinked_events_by_time ${ON_CLUSTER} AS
WITH
    if(e.session_key != 0 OR e.rebuilt, e.session_key, j.session_key) AS published,
    if(NOT e.rebuilt AND s.survivor_key != 0, s.survivor_key, published) AS shown
SELECT
    e.site AS site,
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    e.customer_key AS customer,
    e.visitor_key AS visitor,
    shown AS session,
    e.pageview_key AS pageview,
    e.url_host AS url_host,
    e.url_path AS url_path,
    e.channel AS channel,
    -- A label stands where it is worse than the event's own; written out, for words are compared faster than their ranks are looked up.
    multiIf(j.verdict != '', j.verdict, l.traffic = 'bot' OR l.traffic = 'suspect' AND e.traffic != 'bot', l.traffic, e.traffic) AS traffic,
    e.engaged_ms AS engaged_ms,
    e.scroll_pct AS scroll_pct,
    e.value AS value,
    e.currency AS currency
FROM events_by_time_raw AS e FINAL
LEFT ANY JOIN
(
    SELECT
        cityHash64(site, visitor_id, event_id) AS event_key,
        if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session_key,
        if(email_label = '', '', traffic) AS verdict
    FROM event_overrides FINAL
) AS j
    ON j.event_key = e.event_key
LEFT ANY JOIN
(
    SELECT cityHash64(site, visitor_id, session_id) AS session_key, cityHash64(site, visitor_id, superseded_by) AS survivor_key
    FROM session_overrides FINAL
) AS s
    ON s.session_key = if(e.session_key != 0, e.session_key, j.session_key)
LEFT ANY JOIN (SELECT cityHash64(site, visitor_id, session_id) AS session_key, traffic FROM session_labels FINAL) AS l
    ON l.session_key = shown
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- The same with the person: the customer where known, else the visitor; 0 is none.
CREATE OR REPLACE VIEW events_by_time ${ON_CLUSTER} AS
SELECT
    e.site AS site,
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    multiIf(i.customer_key != 0, i.customer_key, e.customer != 0, e.customer, e.visitor) AS person,
    e.visitor AS visitor,
    e.session AS session,
    e.pageview AS pageview,
    e.url_host AS url_host,
    e.url_path AS url_path,
    e.channel AS channel,
    e.traffic AS traffic,
    e.engaged_ms AS engaged_ms,
    e.scroll_pct AS scroll_pct,
    e.value AS value,
    e.currency AS currency
FROM unlinked_events_by_time AS e
LEFT ANY JOIN (SELECT visitor_key, customer_key FROM identities_by_key_raw FINAL) AS i ON i.visitor_key = e.visitor
SETTINGS join_algorithm = 'hash';
