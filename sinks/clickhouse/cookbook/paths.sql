-- Which ways do people take through the site?
-- Read: one row for each way of a session, its first pages in order (reloads count once), and how many sessions took it.
-- {pages} = 5: how many pages of a session are looked at
SELECT arrayStringConcat(way, ' > ') AS pages, count() AS sessions, round(sessions / sum(sessions) OVER (), 4) AS share
FROM
(
    SELECT
        session_id,
        arraySlice(arrayCompact(arrayMap(view -> view.4, arraySort(groupArray((event_time, pageview_id, seq, url_path))))), 1, {pages:UInt8}) AS way
    FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND session_id != ''
    GROUP BY session_id
)
GROUP BY pages
ORDER BY sessions DESC, pages
LIMIT 100
