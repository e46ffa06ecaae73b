-- How late do events arrive?
-- Read: seconds from the event until the collector had it, by day of the event; `late` came more than an hour late, as offline visitors' and imported ones do.
SELECT
    toDate(event_time) AS day,
    count() AS events,
    quantile(0.5)(waited) AS median_s,
    quantile(0.99)(waited) AS p99_s,
    countIf(waited > 3600) AS late
FROM
(
    SELECT event_time, greatest(0, toUnixTimestamp(received_at) - toUnixTimestamp(event_time)) AS waited
    FROM events_by_time_raw
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
)
GROUP BY day
ORDER BY day
