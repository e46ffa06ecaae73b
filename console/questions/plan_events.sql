-- Which events came, and when last?
-- Read: machines' are counted too, for they are held to the tracking plan like all others. At most 500 names.
SELECT kind, name, count() AS events, max(event_time) AS last
FROM events_by_time_raw FINAL
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
GROUP BY kind, name
ORDER BY events DESC, kind, name
LIMIT 500
