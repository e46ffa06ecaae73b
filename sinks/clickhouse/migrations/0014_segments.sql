-- Segments: whether a subject is in one. Of a key the last record stands; a tombstone deletes. Beside it each entry and exit.
CREATE TABLE IF NOT EXISTS ingest_segments ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    is_deleted UInt8,
    site String,
    segment String,
    subject String,
    customer_id String,
    visitor_id String,
    state String,
    since Float64,
    version String,
    why Array(String)
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS segments_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    segment LowCardinality(String),
    subject String,
    place UInt64,
    is_deleted UInt8,
    customer_id String,
    visitor_id String,
    state LowCardinality(String),
    since DateTime64(3, 'UTC'),
    version LowCardinality(String),
    why Array(String)
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}place, is_deleted)
ORDER BY (site, segment, subject)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE TABLE IF NOT EXISTS segment_changes_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    segment LowCardinality(String),
    subject String,
    since DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    state LowCardinality(String),
    place UInt64,
    customer_id String,
    visitor_id String,
    version LowCardinality(String),
    why Array(String)
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}place)
ORDER BY (site, segment, subject, since, state)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_segments_segments ${ON_CLUSTER} TO segments_raw AS
SELECT
    site, segment, subject, kafka_offset AS place, is_deleted, customer_id, visitor_id, state,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.since, 0), 4.1024448e12)), 'UTC') AS since,
    version, why
FROM ingest_segments AS i;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_segments_segment_changes ${ON_CLUSTER} TO segment_changes_raw AS
SELECT
    site, segment, subject, kafka_offset AS place, customer_id, visitor_id, state,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.since, 0), 4.1024448e12)), 'UTC') AS since,
    version, why
FROM ingest_segments AS i
WHERE is_deleted = 0;

-- Who is in a segment now.
CREATE OR REPLACE VIEW segments ${ON_CLUSTER} AS
SELECT site, segment, subject, customer_id, visitor_id, since, version, why
FROM segments_raw FINAL
WHERE state = 'in';

-- Who entered and left a segment, and when.
CREATE OR REPLACE VIEW segment_changes ${ON_CLUSTER} AS
SELECT site, segment, subject, customer_id, visitor_id, state, since, version, why
FROM segment_changes_raw FINAL;
