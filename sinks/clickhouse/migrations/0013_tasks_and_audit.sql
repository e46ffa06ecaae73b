-- Steps of tasks. Copies of a step are the same step: the earliest stands, so the version falls with the time.
CREATE TABLE IF NOT EXISTS ingest_tasks ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    step_id String,
    site String,
    task_id String,
    kind String,
    at Float64,
    made_by String,
    subject String,
    customer_id String,
    visitor_id String,
    signal_id String,
    trigger String,
    revision UInt64,
    title String,
    channel String,
    owner String,
    due_at Float64,
    escalate_to String,
    text String
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS tasks_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    task_id String,
    step_id String,
    version UInt64,
    kind LowCardinality(String),
    at DateTime64(3, 'UTC'),
    made_by LowCardinality(String),
    subject String,
    customer_id String,
    visitor_id String,
    signal_id String,
    trigger LowCardinality(String),
    revision UInt64,
    title String,
    channel LowCardinality(String),
    owner LowCardinality(String),
    due_at DateTime64(3, 'UTC'),
    escalate_to LowCardinality(String),
    text String,
    INDEX customer customer_id TYPE bloom_filter GRANULARITY 1,
    INDEX due due_at TYPE minmax GRANULARITY 1
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, task_id, step_id)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_tasks_tasks ${ON_CLUSTER} TO tasks_raw AS
SELECT
    site, task_id, step_id,
    toUInt64(4.1024448e12 - least(greatest(i.at, 0), 4.1024448e12)) AS version,
    kind,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.at, 0), 4.1024448e12)), 'UTC') AS at,
    made_by, subject, customer_id, visitor_id, signal_id, trigger, revision, title, channel, owner,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.due_at, 0), 4.1024448e12)), 'UTC') AS due_at,
    escalate_to, text
FROM ingest_tasks AS i
WHERE step_id != '' AND task_id != '';

CREATE OR REPLACE VIEW task_steps ${ON_CLUSTER} AS
SELECT
    site, task_id, step_id, kind, at, made_by, subject, customer_id, visitor_id, signal_id, trigger, revision, title, channel, owner, due_at,
    escalate_to, text
FROM tasks_raw FINAL;

-- What a task's steps come to: the same fold as console/core/tasks.py. `words` are the steps that close and open again, in order; an escalation
-- counts when the last word before it did not close the task; whoever was named last has the task; the
-- newest revision of the signal knows best whom it is about.
CREATE OR REPLACE VIEW tasks ${ON_CLUSTER} AS
WITH
    arraySort(groupArrayIf((s.at, s.step_id, toString(s.kind), toString(s.made_by)), s.kind IN ('done', 'reopened'))) AS words,
    arrayFilter(one -> arrayLast(word -> word.1 <= one.1, words).3 != 'done', groupArrayIf((s.at, s.step_id, toString(s.owner)), s.kind = 'escalated')) AS escalations,
    arraySort(arrayConcat(groupArrayIf((s.at, s.step_id, toString(s.owner)), s.kind = 'assigned'), arrayFilter(one -> one.3 != '', escalations))) AS owners,
    argMaxIf(s.kind, s.revision, s.kind IN ('opened', 'withdrawn')) AS standing
SELECT
    s.site AS site,
    s.task_id AS task_id,
    multiIf(words[-1].3 = 'done', 'done', standing = 'withdrawn', 'withdrawn', 'open') AS state,
    argMinIf(s.title, (s.at, s.step_id), s.kind = 'opened') AS title,
    argMinIf(s.trigger, (s.at, s.step_id), s.kind = 'opened') AS trigger,
    argMinIf(s.signal_id, (s.at, s.step_id), s.kind = 'opened') AS signal_id,
    argMaxIf(s.subject, s.revision, s.kind = 'opened') AS subject,
    argMaxIf(s.customer_id, s.revision, s.kind = 'opened') AS customer_id,
    argMaxIf(s.visitor_id, s.revision, s.kind = 'opened') AS visitor_id,
    argMinIf(s.channel, (s.at, s.step_id), s.kind = 'opened') AS channel,
    if(notEmpty(owners), owners[-1].3, argMinIf(toString(s.owner), (s.at, s.step_id), s.kind = 'opened')) AS owner,
    minIf(s.at, s.kind = 'opened') AS opened_at,
    argMinIf(s.due_at, (s.at, s.step_id), s.kind = 'opened') AS due_at,
    argMinIf(s.escalate_to, (s.at, s.step_id), s.kind = 'opened') AS escalate_to,
    notEmpty(escalations) AS escalated,
    if(state = 'done', words[-1].1, NULL) AS done_at,
    if(state = 'done', words[-1].4, '') AS done_by,
    countIf(s.kind = 'commented') AS comments,
    max(s.at) AS changed_at
FROM task_steps AS s
GROUP BY s.site, s.task_id
HAVING countIf(s.kind = 'opened') > 0;

-- Calls to webhooks: one row a call.
CREATE TABLE IF NOT EXISTS ingest_deliveries ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    site String,
    address String,
    signal_id String,
    trigger String,
    at Float64,
    attempt UInt32,
    outcome String,
    status UInt16,
    took_ms Float64,
    problem String,
    made_by String
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS deliveries_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    address LowCardinality(String),
    signal_id String,
    at DateTime64(3, 'UTC'),
    outcome LowCardinality(String),
    attempt UInt32,
    trigger LowCardinality(String),
    status UInt16,
    took_ms UInt32,
    problem String,
    made_by LowCardinality(String),
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, address, signal_id, at, outcome, attempt)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_deliveries_deliveries ${ON_CLUSTER} TO deliveries_raw AS
SELECT
    site, address, signal_id,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.at, 0), 4.1024448e12)), 'UTC') AS at,
    outcome, attempt, trigger, status,
    toUInt32(least(greatest(i.took_ms, 0), 4294967295)) AS took_ms,
    problem, made_by, kafka_offset AS version
FROM ingest_deliveries AS i;

CREATE OR REPLACE VIEW deliveries ${ON_CLUSTER} AS
SELECT site, address, signal_id, trigger, at, attempt, outcome, status, took_ms, problem, made_by
FROM deliveries_raw FINAL;

-- The audit log. An erasure empties customer_id, and leaves `who`, the keyed hash.
CREATE TABLE IF NOT EXISTS ingest_audit ${ON_CLUSTER}
(
    kafka_partition UInt32,
    kafka_offset UInt64,
    entry_id String,
    at Float64,
    site String,
    made_by String,
    action String,
    customer_id String,
    who String,
    detail String,
    address String
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS audit_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    entry_id String,
    version UInt64,
    made_by String,
    action LowCardinality(String),
    customer_id String,
    who String,
    detail String,
    address String,
    INDEX whom who TYPE bloom_filter GRANULARITY 1
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, at, entry_id)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_audit_audit ${ON_CLUSTER} TO audit_raw AS
SELECT
    site,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.at, 0), 4.1024448e12)), 'UTC') AS at,
    entry_id, kafka_offset AS version, made_by, action, customer_id, who, detail, address
FROM ingest_audit AS i;

CREATE OR REPLACE VIEW audit ${ON_CLUSTER} AS
SELECT site, at, made_by, action, customer_id, who, detail, address, entry_id
FROM audit_raw FINAL;
