-- Who was forgotten, as a keyed hash: the proof of an erasure. `visitors` holds ids only while it is pending, so that an interrupted one can go on.
CREATE TABLE IF NOT EXISTS erasures_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    who String,
    version UInt64,
    status LowCardinality(String),
    requested_at DateTime64(3, 'UTC'),
    finished_at Nullable(DateTime64(3, 'UTC')),
    kafka_until DateTime64(3, 'UTC'),
    visitors Array(String),
    visitor_count UInt32,
    removed Map(String, UInt64)
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, who);

CREATE OR REPLACE VIEW erasures ${ON_CLUSTER} AS
SELECT site, who, status, requested_at, finished_at, kafka_until, visitor_count, removed
FROM erasures_raw FINAL;
