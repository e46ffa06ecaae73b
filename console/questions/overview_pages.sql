-- Which pages are seen most?
-- Read: views of whole UTC days; `seconds` is engaged time for each view.
SELECT url_path AS page, sum(page_views) AS views, sum(engaged_ms) / 1000 / views AS seconds
FROM page_daily
WHERE site = {site:String} AND day >= toDate({from:DateTime}, 'UTC') AND day <= toDate({to:DateTime}, 'UTC') AND traffic = 'human'
GROUP BY page
HAVING views > 0
ORDER BY views DESC, page
LIMIT 10
