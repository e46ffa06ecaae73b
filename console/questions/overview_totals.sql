-- How does the website do, and how did it before?
-- Read: one row for the period, one for the period of the same length before it. A person is a customer where known, else a browser. Machines are left out.
-- {before} = 14 days before {to}: start of the period before
SELECT
    if(start >= {from:DateTime}, 'now', 'before') AS part,
    uniqExact(person) AS people,
    count() AS sessions,
    sum(engaged) / 1000 / sessions AS engaged_s,
    sum(views) / sessions AS pages,
    countIf(left_at_once) / sessions AS bounced,
    sum(worth) AS value
FROM
(
    SELECT
        argMax(v.person, v.version) AS person,
        argMax(v.engaged_ms, v.version) AS engaged,
        argMax(v.page_views, v.version) AS views,
        argMax(v.bounced, v.version) AS left_at_once,
        argMax(v.value, v.version) AS worth,
        argMax(v.started_at, v.version) AS start,
        argMax(v.superseded, v.version) AS superseded,
        argMax(v.traffic, v.version) AS traffic
    FROM session_versions AS v
    WHERE v.site = {site:String} AND v.started_at >= {before:DateTime} - INTERVAL 1 DAY AND v.started_at < {to:DateTime} + INTERVAL 1 DAY
    GROUP BY v.session
)
WHERE start >= {before:DateTime} AND start < {to:DateTime} AND NOT superseded AND traffic = 'human'
GROUP BY part
