-- How does the website do, and how did it before?
-- Read: one row for the period, one for the period of the same length before it. A person is a customer where known, else a browser. Machines are left out.
-- {before} = 14 days before {to}: start of the period before
SELECT
    if(started_at >= {from:DateTime}, 'now', 'before') AS part,
    uniqExact(if(customer_id != '', customer_id, visitor_id)) AS people,
    count() AS sessions,
    sum(engaged_ms) / 1000 / sessions AS engaged_s,
    sum(page_views) / sessions AS pages,
    countIf(bounced) / sessions AS bounced,
    sum(value) AS value
FROM sessions_human
WHERE site = {site:String} AND started_at >= {before:DateTime} AND started_at < {to:DateTime}
GROUP BY part
