-- Which ways do people take through the site?
-- Read: the first five pages of a session in order (reloads count once), and how many sessions took that way.
SELECT way, count() AS sessions, sessions / sum(sessions) OVER () AS share
FROM
(
    SELECT session, arraySlice(arrayCompact(arrayMap(view -> view.2, arraySort(groupArray((event_time, toString(url_path)))))), 1, 5) AS way
    FROM events_by_time
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND traffic = 'human' AND session != 0
    GROUP BY session
)
GROUP BY way
ORDER BY sessions DESC, way
LIMIT 12
