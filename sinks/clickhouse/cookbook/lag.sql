-- How late do events arrive?
-- Read: seconds from the event until the collector had it, one row a day (UTC) without history; `late` came more than an hour late, `skewed` came from a wrong clock.
SELECT
    toDate(received_at, 'UTC') AS day,
    count() AS events,
    round(quantileExact(0.5)(waited_ms) / 1000, 3) AS median_s,
    round(quantileExact(0.99)(waited_ms) / 1000, 3) AS p99_s,
    countIf(waited_ms > 3600000) AS late,
    countIf(ts_source = 'skew_corrected') AS skewed,
    max(received_at) AS newest
FROM
(
    SELECT received_at, ts_source, greatest(0, toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(event_time)) AS waited_ms
    FROM events
    WHERE site = {site:String} AND received_at >= {from:DateTime} AND received_at < {to:DateTime} AND NOT historical
)
GROUP BY day
ORDER BY day
