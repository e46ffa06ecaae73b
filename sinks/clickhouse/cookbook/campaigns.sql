-- What did each campaign bring?
-- Read: sessions that began with the campaign; `engaged_share` says whether the right people came, `value` is purchases less refunds in them.
SELECT
    utm_campaign,
    utm_source,
    utm_medium,
    count() AS sessions,
    uniqExact(visitor_id) AS visitors,
    round(countIf(engaged) / sessions, 4) AS engaged_share,
    countIf(s.value > 0) AS buying_sessions,
    round(sum(s.value), 2) AS value
FROM sessions_human AS s
WHERE site = {site:String} AND started_at >= {from:DateTime} AND started_at < {to:DateTime} AND utm_campaign != ''
GROUP BY utm_campaign, utm_source, utm_medium
ORDER BY value DESC, sessions DESC, utm_campaign
LIMIT 100
