-- A verdict is about an event and names its customer: it is kept no longer than the event (sinks/clickhouse/retention.py), from the receipt of what it follows from.
ALTER TABLE event_overrides ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS received_at DateTime;

ALTER TABLE ingest_tracked_verdicts ${ON_CLUSTER} MODIFY QUERY
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
