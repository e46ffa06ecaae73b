-- How many sessions and people on each day?
-- Read: days are UTC; the first and the last one may be cut by the period.
SELECT
    toDate(started_at) AS day,
    count() AS sessions,
    uniqExact(if(customer_id != '', customer_id, visitor_id)) AS people,
    round(sum(engaged_ms) / 60000) AS engaged_minutes
FROM sessions_human
WHERE site = {site:String} AND started_at >= {from:DateTime} AND started_at < {to:DateTime}
GROUP BY day
ORDER BY day WITH FILL FROM toDate({from:DateTime}, 'UTC') TO toDate({to:DateTime}, 'UTC') + 1
