-- What did the newest events of a sample of people carry?
-- Read: up to 200 events of each name, of whole footprints. People stand side by side on the disk, so in a large store the sample is a stretch of them, between two known ones, that is read without the rest.
-- {part} = 1: one of so many people is looked at
WITH
    (SELECT arraySort(groupArraySample(4000, 1)(actor)) FROM seen_customers WHERE site = {site:String} AND actor != customer_id) AS known,
    {part:UInt32} > 1 AND length(known) >= 2 * {part:UInt32} AS stretched,
    if(stretched, known[intDiv(length(known), 2)], '') AS least,
    if(stretched, known[intDiv(length(known), 2) + intDiv(length(known), {part:UInt32})], unhex('FF')) AS beyond
SELECT kind, name, toJSONString(props) AS properties
FROM events_raw FINAL
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
    AND actor >= least AND actor < beyond AND (stretched OR cityHash64(actor) % {part:UInt32} = 0)
ORDER BY event_time DESC, event_id
LIMIT 200 BY kind, name
LIMIT 10000
