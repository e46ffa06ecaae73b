-- What did the newest events of a sample of people carry?
-- Read: up to 200 events of each name, of whole footprints, so that a large store is not read from end to end.
-- {part} = 1: one of so many people is looked at
SELECT kind, name, toJSONString(props) AS properties
FROM events_raw FINAL
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND cityHash64(actor) % {part:UInt32} = 0
ORDER BY event_time DESC, event_id
LIMIT 200 BY kind, name
LIMIT 10000
