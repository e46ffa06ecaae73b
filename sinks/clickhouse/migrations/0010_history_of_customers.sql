-- History of a customer without a browser is somebody's history too: it marks the customer, whose base of scores is computed anew.
ALTER TABLE rebuild_marks ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS customer_id String,
    MODIFY ORDER BY (site, visitor_id, day, customer_id);

ALTER TABLE events_raw_marks ${ON_CLUSTER} MODIFY QUERY
SELECT DISTINCT
    e.site AS site,
    e.visitor_id AS visitor_id,
    if(e.visitor_id = '', e.customer_id, '') AS customer_id,
    toDate(e.event_time, 'UTC') AS day,
    toUInt64(toUnixTimestamp64Milli(now64(3))) * 2 AS version,
    0 AS is_deleted
FROM events_raw AS e
WHERE e.version < 281474976710656 AND
(
    e.historical AND (e.visitor_id != '' OR e.customer_id != '')
    OR e.visitor_id != '' AND e.session_id = '' AND
    (
        e.kind IN ('page_view', 'click', 'form_start', 'form_submit', 'form_abandon', 'chat_start', 'chat_message', 'chat_end', 'purchase', 'refund', 'custom')
        OR e.kind = 'engagement' AND e.engaged_ms > 0
    )
);
