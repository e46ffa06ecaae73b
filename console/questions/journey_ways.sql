-- Which ways do people take through the site, and on which pages do they leave it?
-- Read: two kinds of rows. A `way` is the first five pages of a session in order (reloads count once), and how many sessions took it, as a share of all. Of a `page` it is told how many sessions saw it,
-- and how many of them ended on it (`exits`); a high share on a page that should lead on is where people drop off.
WITH
    (
        SELECT arraySort(groupUniqArray(2000000)(toString(url_path)))
        FROM events_by_time_raw
        WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view'
    ) AS paths
SELECT part, arrayMap(number -> paths[number], arrayFilter(number -> number != 0, told)) AS pages, sessions, exits, share
FROM
(
    SELECT
        if(told[1] = 0, 'page', 'way') AS part,
        told,
        count() AS sessions,
        countIf(last) AS exits,
        if(part = 'page', exits / sessions, sessions / sum(if(part = 'way', sessions, 0)) OVER ()) AS share
    FROM
    (
        SELECT
            -- A view is one number, its moment before the number of its page: such sort and compare fastest. 2^21 is more than there are pages.
            arrayMap(view -> toUInt32(view % 2097152), arraySort(groupArray(toUnixTimestamp64Milli(event_time) * 2097152 + transform(url_path, paths, range(1, length(paths) + 1), 0)))) AS seen,
            arrayDistinct(seen) AS different,
            arrayConcat([arraySlice(arrayCompact(seen), 1, 5)], arrayMap(page -> [0, page], different)) AS said,
            arrayConcat([0], arrayMap(page -> page = seen[-1], different)) AS ends
        FROM events_by_time
        WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'page_view' AND traffic = 'human' AND session != 0
        GROUP BY session
    )
    ARRAY JOIN said AS told, ends AS last
    GROUP BY told
    ORDER BY part, if(part = 'page', exits, sessions) DESC, if(part = 'page', share, 0) DESC, told
    LIMIT 12 BY part
)
ORDER BY part, if(part = 'page', exits, sessions) DESC, if(part = 'page', share, 0) DESC, pages
