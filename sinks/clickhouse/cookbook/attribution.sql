-- Which channel began, and which one ended, the way to a purchase?
-- Read: each purchase counts once for the channel of the person's first session and once for that of the last one before it, within the look-back.
-- {days} = 90: look-back before the purchase
WITH
    bought AS
    (
        SELECT event_id, if(customer_id != '', customer_id, visitor_id) AS person, event_time AS at, value
        FROM events_human
        WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'purchase' AND person != ''
    ),
    touches AS
    (
        SELECT if(customer_id != '', customer_id, visitor_id) AS person, started_at, if(channel = '', 'unknown', channel) AS channel
        FROM sessions_human
        WHERE site = {site:String} AND started_at < {to:DateTime}
    ),
    attributed AS
    (
        SELECT b.event_id AS event_id, any(b.value) AS value, argMin(t.channel, t.started_at) AS first_channel, argMax(t.channel, t.started_at) AS last_channel
        FROM bought AS b
        INNER JOIN touches AS t ON t.person = b.person
        WHERE t.started_at <= b.at AND t.started_at > b.at - toIntervalDay({days:UInt32})
        GROUP BY event_id
    )
SELECT channel, sum(first) AS first_touch, round(sum(first * value), 2) AS first_value, sum(last) AS last_touch, round(sum(last * value), 2) AS last_value
FROM
(
    SELECT first_channel AS channel, value, 1 AS first, 0 AS last FROM attributed
    UNION ALL
    SELECT last_channel, value, 0, 1 FROM attributed
)
GROUP BY channel
ORDER BY last_value DESC, first_value DESC, channel
