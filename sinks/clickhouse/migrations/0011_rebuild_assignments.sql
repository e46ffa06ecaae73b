-- Where the rebuild puts which events change, on every replica of a shard: any of them may be asked next. Nothing is in it between two rebuilds.
DROP TABLE IF EXISTS rebuild_assignments ${ON_CLUSTER} SYNC;

CREATE TABLE IF NOT EXISTS rebuild_assignments ${ON_CLUSTER}
(
    batch UInt64,
    visitor_id String,
    event_id String,
    event_time Int64,
    session_id String,
    is_deleted UInt8
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}is_deleted)
PARTITION BY batch
ORDER BY (visitor_id, event_id, event_time);
