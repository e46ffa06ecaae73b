-- Where do visits come from, and which channel is worth what?
-- Read: one row a channel of the first touch of each session; shares are of all human sessions.
SELECT
    if(channel = '', 'unknown', channel) AS came_by,
    count() AS sessions,
    round(sessions / sum(sessions) OVER (), 4) AS share,
    uniqExact(visitor_id) AS visitors,
    round(countIf(engaged) / sessions, 4) AS engaged_share,
    round(sum(value), 2) AS value
FROM sessions_human
WHERE site = {site:String} AND started_at >= {from:DateTime} AND started_at < {to:DateTime}
GROUP BY came_by
ORDER BY sessions DESC, came_by
