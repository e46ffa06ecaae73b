-- Sessions: every record of a session is kept until a merge, the highest version is the truth. The start may still move, so it is no part of the key.
CREATE TABLE IF NOT EXISTS ingest_sessions ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    session_id String,
    site String,
    visitor_id String,
    customer_id String,
    status String,
    version UInt64,
    superseded_by String,
    joined Array(String),
    started_at Float64,
    ended_at Float64,
    closed Bool,
    close_reason String,
    events Float64,
    page_views Float64,
    clicks Float64,
    engaged_ms Float64,
    span_ms Float64,
    engaged Bool,
    bounced Bool,
    entry_path String,
    exit_path String,
    channel String,
    utm_source String,
    utm_medium String,
    utm_campaign String,
    country String,
    device String,
    traffic String DEFAULT 'human',
    traffic_reasons Array(String),
    relabelled Bool,
    value Float64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS sessions_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    session_id String,
    version UInt64,
    is_deleted UInt8 DEFAULT 0,
    customer_id String,
    status LowCardinality(String),
    superseded_by String,
    started_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    closed Bool,
    close_reason LowCardinality(String),
    events UInt32,
    page_views UInt32,
    clicks UInt32,
    engaged_ms UInt64,
    span_ms UInt64,
    engaged Bool,
    bounced Bool,
    entry_path LowCardinality(String),
    exit_path LowCardinality(String),
    channel LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    country LowCardinality(String),
    device LowCardinality(String),
    traffic LowCardinality(String),
    value Float64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, visitor_id, session_id)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_sessions ${ON_CLUSTER} TO sessions_raw AS
SELECT
    site, visitor_id, session_id, version, customer_id, status, superseded_by,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.started_at, 0), 4.1024448e12)), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.ended_at, 0), 4.1024448e12)), 'UTC') AS ended_at,
    closed, close_reason,
    toUInt32(least(greatest(i.events, 0), 4294967295)) AS events,
    toUInt32(least(greatest(i.page_views, 0), 4294967295)) AS page_views,
    toUInt32(least(greatest(i.clicks, 0), 4294967295)) AS clicks,
    toUInt64(least(greatest(i.engaged_ms, 0), 1e15)) AS engaged_ms,
    toUInt64(least(greatest(i.span_ms, 0), 1e15)) AS span_ms,
    engaged, bounced, entry_path, exit_path, channel, utm_source, utm_medium, utm_campaign, country, device, traffic, value
FROM ingest_sessions AS i;

-- Which session a superseded one became. Small: only corrections stand here, so the view of events can join it.
CREATE TABLE IF NOT EXISTS session_overrides ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    session_id String,
    superseded_by String,
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, visitor_id, session_id)
SETTINGS ${DEDUP};

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_overrides ${ON_CLUSTER} TO session_overrides AS
SELECT site, visitor_id, session_id, superseded_by, version
FROM ingest_sessions AS i
WHERE status = 'superseded' AND superseded_by != '';

-- Events that were published without a session and joined one later, and hits of e-mails that a later verdict labelled anew
-- (docs/decisions/0015): in one table, so that no view needs another join, for a hit of an e-mail joins no session. There visitor_id is whose
-- footprint the event is, as in events_raw: the visitor, or else the customer. A verdict is kept no longer than the event.
CREATE TABLE IF NOT EXISTS event_overrides ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    event_id String,
    session_id String,
    version UInt64,
    customer_id String,
    email_label LowCardinality(String),
    traffic LowCardinality(String),
    traffic_reasons Array(LowCardinality(String)),
    received_at DateTime
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, visitor_id, event_id)
SETTINGS ${DEDUP};

-- The partition of a visitor keeps the order of its records, so the offset is the version.
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_joined ${ON_CLUSTER} TO event_overrides AS
SELECT site, visitor_id, arrayJoin(joined) AS event_id, session_id, kafka_offset AS version
FROM ingest_sessions AS i
WHERE notEmpty(joined) AND status != 'superseded';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_tracked_verdicts ${ON_CLUSTER} TO event_overrides AS
SELECT
    i.site AS site,
    if(i.visitor_id != '', i.visitor_id, i.customer_id) AS visitor_id,
    i.customer_id AS customer_id,
    i.event_id AS event_id,
    '' AS session_id,
    i.revision AS version,
    i.email_label AS email_label,
    i.traffic AS traffic,
    i.traffic_reasons AS traffic_reasons,
    toDateTime(least(greatest(i.received_at, 0), 4.1024448e12) / 1000) AS received_at
FROM ingest_tracked AS i
WHERE control = 'verdict' AND i.email_label != '';

-- A session's label stands for its events too, where it is worse than their own. Small: only sessions whose events differ stand here.
CREATE TABLE IF NOT EXISTS session_labels ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    session_id String,
    traffic LowCardinality(String),
    traffic_reasons Array(String),
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, visitor_id, session_id)
SETTINGS ${DEDUP};

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_labels ${ON_CLUSTER} TO session_labels AS
SELECT site, visitor_id, session_id, traffic, traffic_reasons, version
FROM ingest_sessions AS i
WHERE relabelled AND status != 'superseded';
