-- How much of the traffic is machines, and how do we know?
-- Read: one row for each label and reason; machine traffic is stored and labelled, and left out of `events_human`, scores and signals.
SELECT
    traffic,
    if(empty(traffic_reasons), '', arrayStringConcat(arraySort(traffic_reasons), ', ')) AS reasons,
    count() AS events,
    round(events / sum(events) OVER (), 4) AS share,
    uniqExactIf(visitor_id, visitor_id != '') AS visitors
FROM events
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
GROUP BY traffic, reasons
ORDER BY events DESC, traffic, reasons
