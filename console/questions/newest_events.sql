-- What happens now?
-- Read: the newest events by the time they happened, of the last hour in which there were any. `customer` is empty for who is not known.
-- {limit} = 60: how many
WITH newest AS
(
    SELECT event_time, kind, name, url_path, channel, traffic, visitor, person
    FROM events_by_time
    WHERE site = {site:String}
        AND event_time >= (SELECT event_time - INTERVAL 1 HOUR FROM events_by_time_raw WHERE site = {site:String} ORDER BY event_time DESC LIMIT 1)
    ORDER BY event_time DESC
    LIMIT {limit:UInt16}
)
SELECT n.event_time AS event_time, n.kind AS kind, n.name AS name, n.url_path AS page, n.channel AS channel, n.traffic AS traffic, c.customer_id AS customer, lower(leftPad(hex(n.visitor), 16, '0')) AS visitor
FROM newest AS n
LEFT ANY JOIN
(
    SELECT cityHash64(site, customer_id) AS person, customer_id
    FROM seen_customers
    WHERE site = {site:String} AND person IN (SELECT person FROM newest)
) AS c ON c.person = n.person
ORDER BY event_time DESC
