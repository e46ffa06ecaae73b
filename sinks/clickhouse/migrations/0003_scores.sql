-- Scores: the last record of a key stands. A key keeps its partition, so the offset is the version; a tombstone deletes.
CREATE TABLE IF NOT EXISTS ingest_scores ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    is_deleted UInt8,
    site String,
    subject String,
    customer_id String,
    visitor_id String,
    score String,
    value Float64,
    raw_value Float64,
    floor Float64,
    ceiling Float64,
    band String,
    stage String,
    model_version String,
    half_life_s Float64,
    reasons Array(Tuple(rule String, points Float64)),
    updated_at Float64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS scores_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    subject String,
    score LowCardinality(String),
    version UInt64,
    is_deleted UInt8,
    customer_id String,
    visitor_id String,
    value Float64,
    raw_value Float64,
    floor Float64,
    ceiling Float64,
    band LowCardinality(String),
    stage LowCardinality(String),
    model_version LowCardinality(String),
    half_life_s Float64,
    reasons Array(Tuple(rule String, points Float64)),
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, subject, score)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_scores_scores ${ON_CLUSTER} TO scores_raw AS
SELECT
    site, subject, score, kafka_offset AS version, is_deleted, customer_id, visitor_id, value, raw_value, floor, ceiling,
    band, stage, model_version, half_life_s, reasons,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.updated_at, 0), 4.1024448e12)), 'UTC') AS updated_at
FROM ingest_scores AS i;

-- Changes of scores: one row for each record of the topic, named by its partition and offset.
CREATE TABLE IF NOT EXISTS ingest_score_changes ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    site String,
    subject String,
    score String,
    rule String,
    model_version String,
    event_id String,
    event_time Float64,
    points Float64,
    before Float64,
    after Float64,
    band_before String,
    band_after String,
    reason String,
    at Float64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS score_changes_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    subject String,
    score LowCardinality(String),
    event_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kafka_partition UInt32,
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    rule LowCardinality(String),
    model_version LowCardinality(String),
    event_id String,
    points Float64,
    before Float64,
    after Float64,
    band_before LowCardinality(String),
    band_after LowCardinality(String),
    reason LowCardinality(String),
    at DateTime64(3, 'UTC')
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}kafka_offset)
ORDER BY (site, subject, score, event_time, kafka_partition, kafka_offset)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_score_changes_score_changes ${ON_CLUSTER} TO score_changes_raw AS
SELECT
    site, subject, score,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.event_time, 0), 4.1024448e12)), 'UTC') AS event_time,
    kafka_partition, kafka_offset, rule, model_version, event_id, points, before, after, band_before, band_after, reason,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.at, 0), 4.1024448e12)), 'UTC') AS at
FROM ingest_score_changes AS i;
