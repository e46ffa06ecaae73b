-- How old is the newest row?
-- Read: `received` is when the collector took the newest event that is stored; `seconds` is how long ago that was, which is also long while nobody comes.
SELECT
    toString(max(received_at)) AS received,
    toUnixTimestamp(now()) - toUnixTimestamp(max(received_at)) AS seconds,
    count() AS events_today
FROM events_by_time_raw
WHERE site = {site:String} AND event_time >= toStartOfDay(now())
