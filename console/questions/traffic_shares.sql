-- How much of the traffic is machines?
-- Read: machine traffic is stored and labelled, and left out of all other numbers.
SELECT traffic, count() AS events, events / sum(events) OVER () AS share, uniqIf(visitor, visitor != 0) AS browsers
FROM events_by_time
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
GROUP BY traffic
ORDER BY events DESC, traffic
