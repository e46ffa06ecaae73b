-- Which channels bring sessions, and did they before?
-- Read: `engaged` is the share of sessions that were engaged, `value` what was bought in them.
-- {before} = 14 days before {to}: start of the period before
SELECT
    came_by AS channel,
    countIf(start >= {from:DateTime}) AS sessions,
    countIf(start < {from:DateTime}) AS sessions_before,
    countIf(stayed AND start >= {from:DateTime}) / greatest(sessions, 1) AS engaged,
    sumIf(worth, start >= {from:DateTime}) AS value
FROM
(
    SELECT
        argMax(v.channel, v.version) AS came_by,
        argMax(v.engaged, v.version) AS stayed,
        argMax(v.value, v.version) AS worth,
        argMax(v.started_at, v.version) AS start,
        argMax(v.superseded, v.version) AS superseded,
        argMax(v.traffic, v.version) AS traffic
    FROM session_versions AS v
    WHERE v.site = {site:String} AND v.started_at >= {before:DateTime} - INTERVAL 1 DAY AND v.started_at < {to:DateTime} + INTERVAL 1 DAY
    GROUP BY v.session
)
WHERE start >= {before:DateTime} AND start < {to:DateTime} AND NOT superseded AND traffic = 'human'
GROUP BY channel
ORDER BY sessions DESC, sessions_before DESC, channel
LIMIT 12
