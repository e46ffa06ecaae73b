-- Rollups by UTC day. What was stored marks its days; a background step counts marked days from the events (sinks/clickhouse/rollups.py).
-- A view takes a day from its rollup while nothing has marked it since, and counts it from the events otherwise: it is always exact.
-- Marks are written again by a repeated insert, so this table alone forgets no repeat: its rows replace one another anyway.
CREATE TABLE IF NOT EXISTS rollup_marks ${ON_CLUSTER}
(
    site LowCardinality(String),
    day Date,
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS events_raw_days ${ON_CLUSTER} TO rollup_marks AS
SELECT DISTINCT site, toDate(e.event_time) AS day, toUInt64(toUnixTimestamp64Milli(now64(3))) AS version
FROM events_raw AS e
WHERE empty(e.corrected);

-- A session counts on the day of its start, its correction and its label count on the days of its events. Whichever start it had before lies
-- between this one and its end, which are a day apart at most.
CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_raw_days ${ON_CLUSTER} TO rollup_marks AS
SELECT DISTINCT site, arrayJoin([toDate(s.started_at), toDate(s.started_at) + 1]) AS day, toUInt64(toUnixTimestamp64Milli(now64(3))) AS version
FROM sessions_raw AS s;

-- Up to when a day is counted: it is good while its mark is older.
CREATE TABLE IF NOT EXISTS rollup_days ${ON_CLUSTER}
(
    site LowCardinality(String),
    day Date,
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, day);

CREATE TABLE IF NOT EXISTS page_daily_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    day Date,
    url_host LowCardinality(String),
    url_path LowCardinality(String),
    traffic LowCardinality(String),
    page_views UInt64,
    visitors UInt64,
    sessions UInt64,
    engaged_ms UInt64,
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
PARTITION BY toYear(day)
ORDER BY (site, day, url_host, url_path, traffic);

CREATE TABLE IF NOT EXISTS campaign_daily_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    day Date,
    channel LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    traffic LowCardinality(String),
    sessions UInt64,
    visitors UInt64,
    engaged_sessions UInt64,
    value Float64,
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
PARTITION BY toYear(day)
ORDER BY (site, day, channel, utm_source, utm_medium, utm_campaign, traffic);

CREATE OR REPLACE VIEW rollup_states ${ON_CLUSTER} AS
SELECT m.site AS site, m.day AS day, m.version AS marked, d.version AS counted, counted > marked AS good
FROM (SELECT site, day, max(version) AS version FROM rollup_marks GROUP BY site, day) AS m
LEFT ANY JOIN (SELECT site, day, version FROM rollup_days FINAL) AS d ON d.site = m.site AND d.day = m.day;

CREATE OR REPLACE VIEW counted_pages ${ON_CLUSTER} AS
SELECT
    site,
    toDate(event_time) AS day,
    url_host,
    url_path,
    traffic,
    countIf(kind = 'page_view') AS page_views,
    uniqExactIf(visitor, kind = 'page_view') AS visitors,
    uniqExactIf(session, kind = 'page_view' AND session != 0) AS sessions,
    sumIf(engaged_ms, kind = 'engagement') AS engaged_ms
FROM unlinked_events_by_time
WHERE kind IN ('page_view', 'engagement')
GROUP BY site, day, url_host, url_path, traffic;

CREATE OR REPLACE VIEW page_daily ${ON_CLUSTER} AS
SELECT site, day, url_host, url_path, traffic, page_views, visitors, sessions, engaged_ms
FROM page_daily_raw
WHERE (site, day, version) IN (SELECT site, day, counted FROM rollup_states WHERE good)
UNION ALL
SELECT site, day, url_host, url_path, traffic, page_views, visitors, sessions, engaged_ms
FROM counted_pages
WHERE (site, day) IN (SELECT site, day FROM rollup_states WHERE NOT good);
