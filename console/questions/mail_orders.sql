-- What was bought after the e-mails of each campaign?
-- Read: orders, and purchases less refunds, of those who clicked in an e-mail of the campaign, within `days` of their first click in the period. Clicks of machines are left out, and so is who buys by machine.
-- Who clicked in two campaigns counts for both.
-- {days} = 7: how long after the click
SELECT
    campaign,
    uniqExactIf(person, kind = 'purchase') AS buyers,
    countIf(kind = 'purchase') AS orders,
    round(sumIf(value, kind = 'purchase') - sumIf(value, kind = 'refund'), 2) AS value
FROM
(
    SELECT campaign, person, min(clicked_at) AS since
    FROM
    (
        SELECT
            person,
            clicks,
            clicked_at,
            max(named) OVER letter AS of_letter,
            max(linked) OVER letter AS of_link,
            multiIf(of_letter != '', of_letter, of_link != '', of_link, '(none)') AS campaign
        FROM
        (
            SELECT
                message_id,
                person,
                max(campaign) AS named,
                max(link_campaign) AS linked,
                countIf(kind = 'email_click' AND email_label NOT IN ('machine_certain', 'machine_probable')) AS clicks,
                minIf(event_time, kind = 'email_click' AND email_label NOT IN ('machine_certain', 'machine_probable')) AS clicked_at
            FROM notable_events
            WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
                AND (startsWith(kind, 'email_') OR kind = 'preference') AND message_id != ''
            GROUP BY message_id, person
        )
        WINDOW letter AS (PARTITION BY message_id)
    )
    WHERE clicks > 0 AND person != 0
    GROUP BY campaign, person
) AS c
INNER JOIN
(
    SELECT person, event_time, kind, value
    FROM notable_events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind IN ('purchase', 'refund') AND traffic = 'human'
) AS o ON o.person = c.person
WHERE o.event_time > c.since AND o.event_time <= c.since + toIntervalDay({days:UInt32})
GROUP BY campaign
ORDER BY value DESC, orders DESC, campaign
LIMIT 100
