-- Which pages are seen most, and for how long?
-- Read: `seconds_per_view` is engaged time (visible, in focus, in use), not time until the next page.
SELECT
    url_host,
    url_path,
    sum(page_views) AS views,
    sum(visitors) AS daily_visitors,
    round(sum(engaged_ms) / 1000 / views, 1) AS seconds_per_view
FROM page_daily
WHERE site = {site:String} AND day >= toDate({from:DateTime}, 'UTC') AND day <= toDate({to:DateTime}, 'UTC') AND traffic = 'human'
GROUP BY url_host, url_path
HAVING views > 0
ORDER BY views DESC, url_path
LIMIT 100
