-- What does this signal say?
-- Read: one row, as on the topic; none when it was withdrawn.
-- {signal} = : id of the signal
SELECT
    signal_id, site, subject, customer_id, visitor_id, trigger, version, event_id,
    toUnixTimestamp64Milli(fired_at) AS fired_at,
    status, reason, toJSONString(payload) AS payload,
    toUnixTimestamp64Milli(at) AS at,
    revision
FROM signals
WHERE site = {site:String} AND signal_id = {signal:String}
