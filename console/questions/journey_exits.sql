-- On which pages do sessions end?
-- Read: `sessions` saw the page, `exits` ended on it; a high share on a page that should lead on is where people drop off.
SELECT page, count() AS sessions, countIf(page = last_page) AS exits, exits / sessions AS exit_share
FROM
(
    SELECT session, groupUniqArray(url_path) AS pages, argMax(url_path, event_time) AS last_page
    FROM events_by_time
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND traffic = 'human' AND session != 0
    GROUP BY session
)
ARRAY JOIN pages AS page
GROUP BY page
ORDER BY exits DESC, exit_share DESC, page
LIMIT 12
