-- What did each campaign bring to the website?
-- Read: human sessions that began with the campaign, over whole UTC days; `engaged` is the share of them that were engaged, `value` purchases less refunds in them.
SELECT
    utm_campaign AS campaign,
    utm_source AS source,
    utm_medium AS medium,
    sum(d.sessions) AS sessions,
    sum(d.engaged_sessions) / sessions AS engaged,
    round(sum(d.value), 2) AS value
FROM campaign_daily AS d
WHERE site = {site:String} AND day >= toDate({from:DateTime}, 'UTC') AND day <= toDate({to:DateTime}, 'UTC') AND traffic = 'human' AND utm_campaign != ''
GROUP BY campaign, source, medium
ORDER BY sessions DESC, value DESC, campaign, source, medium
LIMIT 50
