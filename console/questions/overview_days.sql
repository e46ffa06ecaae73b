-- How many sessions and people on each day?
-- Read: days are UTC; the first and the last one may be cut by the period.
SELECT
    toDate(start) AS day,
    count() AS sessions,
    uniqExact(person) AS people,
    round(sum(engaged) / 60000) AS engaged_minutes
FROM
(
    SELECT
        argMax(v.person, v.version) AS person,
        argMax(v.engaged_ms, v.version) AS engaged,
        argMax(v.started_at, v.version) AS start,
        argMax(v.superseded, v.version) AS superseded,
        argMax(v.traffic, v.version) AS traffic
    FROM session_versions AS v
    WHERE v.site = {site:String} AND v.started_at >= {from:DateTime} - INTERVAL 1 DAY AND v.started_at < {to:DateTime} + INTERVAL 1 DAY
    GROUP BY v.session
)
WHERE start >= {from:DateTime} AND start < {to:DateTime} AND NOT superseded AND traffic = 'human'
GROUP BY day
ORDER BY day WITH FILL FROM toDate({from:DateTime}, 'UTC') TO toDate({to:DateTime}, 'UTC') + 1
