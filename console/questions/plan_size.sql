-- How many events would a sample be drawn from, and how many would it read past?
-- Read: `events` of the period, and `beside`, those of the quarters that it touches: what people did in them lies together on the disk. Copies are counted too.
SELECT
    (SELECT count() FROM events_by_time_raw WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}) AS events,
    (
        SELECT count() FROM events_by_time_raw
        WHERE site = {site:String} AND event_time >= toStartOfQuarter({from:DateTime}) AND event_time < toStartOfQuarter({to:DateTime}) + INTERVAL 1 QUARTER
    ) AS beside
