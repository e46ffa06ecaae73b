-- How long do people stay on each page, and how far do they read?
-- Read: over page views with any engaged time: half of them stay longer than `median_s`, one in ten longer than `p90_s`; `scrolled_pct` is the middle depth.
SELECT
    url_path,
    count() AS views,
    round(quantileExact(0.5)(engaged) / 1000, 1) AS median_s,
    round(quantileExact(0.9)(engaged) / 1000, 1) AS p90_s,
    quantileExact(0.5)(scrolled) AS scrolled_pct
FROM
(
    SELECT
        url_path,
        pageview,
        least(sum(engaged_ms), toUInt64(dateDiff('millisecond', min(event_time - toIntervalMillisecond(engaged_ms)), max(event_time))) + 5000, 14400000) AS engaged,
        max(scroll_pct) AS scrolled
    FROM events_by_time
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'engagement' AND traffic = 'human' AND pageview != 0
    GROUP BY url_path, pageview
)
WHERE engaged > 0
GROUP BY url_path
ORDER BY views DESC, url_path
LIMIT 100
