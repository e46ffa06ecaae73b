-- Signals: the highest revision of a signal_id is the truth.
CREATE TABLE IF NOT EXISTS ingest_signals ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    signal_id String,
    site String,
    subject String,
    customer_id String,
    visitor_id String,
    trigger String,
    version String,
    event_id String,
    fired_at Float64,
    status String,
    reason String,
    payload JSON(max_dynamic_paths = 32),
    at Float64,
    revision UInt64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS signals_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    signal_id String,
    revision UInt64,
    subject String,
    customer_id String,
    visitor_id String,
    trigger LowCardinality(String),
    version LowCardinality(String),
    event_id String,
    fired_at DateTime64(3, 'UTC'),
    status LowCardinality(String),
    reason String,
    payload JSON(max_dynamic_paths = 32),
    at DateTime64(3, 'UTC')
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}revision)
ORDER BY (site, signal_id)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_signals_signals ${ON_CLUSTER} TO signals_raw AS
SELECT
    site, signal_id, revision, subject, customer_id, visitor_id, trigger, version, event_id,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.fired_at, 0), 4.1024448e12)), 'UTC') AS fired_at,
    status, reason, payload,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.at, 0), 4.1024448e12)), 'UTC') AS at
FROM ingest_signals AS i;

-- Identities: whose a visitor is. A visitor keeps its partition, so the offset is the version; a tombstone deletes.
CREATE TABLE IF NOT EXISTS ingest_identities ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    is_deleted UInt8,
    site String,
    visitor_id String,
    customer_id String,
    linked_at Float64,
    event_id String,
    version UInt64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS identities_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    version UInt64,
    is_deleted UInt8,
    customer_id String,
    linked_at DateTime64(3, 'UTC'),
    event_id String,
    INDEX customer customer_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, visitor_id)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_identities_identities ${ON_CLUSTER} TO identities_raw AS
SELECT
    site, visitor_id, kafka_offset AS version, is_deleted, customer_id,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.linked_at, 0), 4.1024448e12)), 'UTC') AS linked_at,
    event_id
FROM ingest_identities AS i;

-- The links in numbers, for questions about a stretch of time: those look up whose an event is by the hash of its visitor.
CREATE TABLE IF NOT EXISTS identities_by_key_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_key UInt64,
    version UInt64,
    is_deleted UInt8,
    customer_key UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, visitor_key)
SETTINGS ${DEDUP}, default_compression_codec = 'LZ4';

CREATE MATERIALIZED VIEW IF NOT EXISTS identities_raw_by_key ${ON_CLUSTER} TO identities_by_key_raw AS
SELECT
    site,
    cityHash64(site, visitor_id) AS visitor_key,
    version,
    is_deleted,
    if(customer_id = '', 0, cityHash64(site, customer_id)) AS customer_key
FROM identities_raw;

-- A link that is not a visitor's first is marked without a customer too: whoever was known by that visitor before has lost it.
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_identities_customers ${ON_CLUSTER} TO seen_customers AS
SELECT DISTINCT site, arrayJoin(if(i.version > 1, [i.customer_id, ''], [i.customer_id])) AS customer_id, visitor_id AS actor
FROM ingest_identities AS i
WHERE is_deleted = 0 AND i.customer_id != '';

-- What was turned away: one row for each record of the topic. The sink's own records may be written twice after a crash and collapse by content.
CREATE TABLE IF NOT EXISTS ingest_rejected ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    site String,
    stage String,
    reason String,
    message String,
    event_id String,
    received_at Float64,
    original String
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS rejected_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    occurrence UInt64,
    stage LowCardinality(String),
    reason LowCardinality(String),
    message String,
    event_id String,
    original String,
    stored_at DateTime DEFAULT now()
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}stored_at)
ORDER BY (site, received_at, occurrence)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_rejected_rejected ${ON_CLUSTER} TO rejected_raw AS
SELECT
    site,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.received_at, 0), 4.1024448e12)), 'UTC') AS received_at,
    if(stage = 'sink', cityHash64(reason, event_id, message, original), cityHash64(kafka_partition, kafka_offset)) AS occurrence,
    stage, reason, message, event_id, original
FROM ingest_rejected AS i;
