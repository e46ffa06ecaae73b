-- How does the website do, altogether, by channel and day by day, and how did it before?
-- Read: `part` says what a row counts: `all` sessions, those of a `channel`, those of a `day` (UTC; the first and the last one may be cut by the period). With `before` it is of the period of the same
-- length before. A person is a customer where known, else a browser; `engaged` is the share of sessions that were engaged, `value` what was bought in them. Machines are left out.
-- {before} = 14 days before {to}: start of the period before
SELECT
    multiIf(grouping(channel) = 0, 'channel', grouping(day) = 0, 'day', 'all') AS part,
    started_at < {from:DateTime} AS before,
    channel,
    toDate(started_at) AS day,
    uniqExact(person) AS people,
    count() AS sessions,
    sum(engaged_ms) / 1000 / sessions AS engaged_s,
    sum(page_views) / sessions AS pages,
    countIf(s.bounced) / sessions AS bounced,
    countIf(s.engaged) / sessions AS engaged,
    sum(s.value) AS value
FROM
(
    SELECT *
    FROM session_versions
    WHERE site = {site:String} AND started_at >= {before:DateTime} - INTERVAL 1 DAY AND started_at < {to:DateTime} + INTERVAL 1 DAY
    ORDER BY version DESC
    LIMIT 1 BY session
) AS s
WHERE started_at >= {before:DateTime} AND started_at < {to:DateTime} AND NOT superseded AND traffic = 'human'
GROUP BY GROUPING SETS ((before), (before, channel), (before, day))
ORDER BY part, before, day, sessions DESC, channel
