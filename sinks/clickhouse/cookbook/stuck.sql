-- Where do customers get stuck?
-- Read: customers who did nothing for `days` days, by their stage and the last page they saw; the longest rows are where to help them on.
-- {days} = 14: days of silence
SELECT stage, last_page, count() AS customers, round(avg(silent_days), 1) AS silent_days, arraySlice(groupArraySorted(5)(customer_id), 1, 5) AS examples
FROM
(
    SELECT
        e.customer_id AS customer_id,
        e.last_page AS last_page,
        age('day', e.last_seen, toDateTime64({to:DateTime}, 3, 'UTC')) AS silent_days,
        s.stage AS stage
    FROM
    (
        SELECT customer_id, argMaxIf(url_path, event_time, kind = 'page_view') AS last_page, max(event_time) AS last_seen
        FROM events_human
        WHERE site = {site:String} AND customer_id != '' AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND NOT startsWith(kind, 'email_')
        GROUP BY customer_id
    ) AS e
    LEFT ANY JOIN (SELECT customer_id, argMax(stage, updated_at) AS stage FROM scores WHERE site = {site:String} AND customer_id != '' GROUP BY customer_id) AS s
        ON s.customer_id = e.customer_id
    WHERE silent_days >= {days:UInt32}
)
GROUP BY stage, last_page
ORDER BY customers DESC, stage, last_page
LIMIT 100
