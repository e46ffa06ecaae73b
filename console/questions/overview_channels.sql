-- Which channels bring sessions, and did they before?
-- Read: `engaged` is the share of sessions that were engaged, `value` what was bought in them.
-- {before} = 14 days before {to}: start of the period before
SELECT
    channel,
    countIf(started_at >= {from:DateTime}) AS sessions,
    countIf(started_at < {from:DateTime}) AS sessions_before,
    countIf(engaged AND started_at >= {from:DateTime}) / greatest(sessions, 1) AS engaged,
    sumIf(value, started_at >= {from:DateTime}) AS value
FROM sessions_human
WHERE site = {site:String} AND started_at >= {before:DateTime} AND started_at < {to:DateTime}
GROUP BY channel
ORDER BY sessions DESC, sessions_before DESC, channel
LIMIT 12
