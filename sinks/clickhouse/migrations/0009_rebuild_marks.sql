-- Whose sessions must be computed anew: visitors and days of events that came as history, or too late for the live sessions.
-- History of a customer without a browser is somebody's history too: it marks the customer, whose base of scores is computed anew.
-- Fed by what was stored, so that a mark never stands before its event; corrections of the rebuild itself (from 2^48 on) mark nobody.
-- A version is twice the time of the mark in milliseconds; the rebuild takes a mark away by the version after it.
CREATE TABLE IF NOT EXISTS rebuild_marks ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    day Date,
    version UInt64,
    is_deleted UInt8,
    customer_id String
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, visitor_id, day, customer_id)
SETTINGS ${DEDUP};

CREATE MATERIALIZED VIEW IF NOT EXISTS events_raw_marks ${ON_CLUSTER} TO rebuild_marks AS
SELECT DISTINCT
    e.site AS site,
    e.visitor_id AS visitor_id,
    if(e.visitor_id = '', e.customer_id, '') AS customer_id,
    toDate(e.event_time, 'UTC') AS day,
    toUInt64(toUnixTimestamp64Milli(now64(3))) * 2 AS version,
    0 AS is_deleted
FROM events_raw AS e
WHERE e.version < 281474976710656 AND empty(e.corrected) AND
(
    e.historical AND (e.visitor_id != '' OR e.customer_id != '')
    OR e.visitor_id != '' AND e.session_id = '' AND
    (
        e.kind IN ('page_view', 'click', 'form_start', 'form_submit', 'form_abandon', 'chat_start', 'chat_message', 'chat_end', 'purchase', 'refund', 'custom')
        OR e.kind = 'engagement' AND e.engaged_ms > 0
    )
);
