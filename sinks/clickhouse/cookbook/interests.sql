-- Which products or categories are people interested in?
-- Read: people who met a category by the property `of` (category, product_id, name...), and how many of them bought something afterwards.
-- {of} = category: property that names what the interest is in
WITH met AS
(
    SELECT if(customer_id != '', customer_id, visitor_id) AS person, event_time AS at, JSONExtractString(toJSONString(props), {of:String}) AS interest
    FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND person != '' AND interest != ''
),
bought AS
(
    SELECT if(customer_id != '', customer_id, visitor_id) AS person, max(event_time) AS last
    FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND kind = 'purchase'
    GROUP BY person
)
SELECT
    m.interest AS interest,
    count() AS events,
    uniqExact(m.person) AS people,
    uniqExactIf(m.person, b.last > m.at) AS buyers,
    round(buyers / people, 4) AS buyers_share
FROM met AS m
LEFT ANY JOIN bought AS b ON b.person = m.person
GROUP BY interest
ORDER BY people DESC, events DESC, interest
LIMIT 100
