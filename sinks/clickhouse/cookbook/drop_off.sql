-- On which pages do visits end?
-- Read: `sessions` saw the page, `exits` ended on it; a high `exit_share` on a page that should lead on is where people drop off.
-- {least} = 1: leave out pages that fewer sessions saw
SELECT
    p.url_path AS url_path,
    uniqExact(p.session_id) AS sessions,
    uniqExactIf(p.session_id, s.exit_path = p.url_path) AS exits,
    round(exits / sessions, 4) AS exit_share
FROM
(
    SELECT session_id, url_path FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND session_id != ''
) AS p
INNER JOIN (SELECT session_id, exit_path FROM sessions_human WHERE site = {site:String}) AS s ON s.session_id = p.session_id
GROUP BY url_path
HAVING sessions >= {least:UInt64}
ORDER BY exits DESC, exit_share DESC, url_path
LIMIT 100
