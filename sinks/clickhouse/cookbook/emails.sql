-- How did each e-mail do, with people and with machines?
-- Read: everybody counts once an e-mail, by the best that is known of what they did: `people` clicked and read the page; of `maybe` nobody can say (an image was
-- fetched by a mail program or a mail proxy, a link was followed and the page left at once); `machines` were scanners, and mail programs that fetch everything.
-- Who clicked has opened. Trust `people_share`, the people who clicked of all who got it; opens say little.
WITH ['machine_certain', 'machine_probable', 'proxied', 'unknown', 'human'] AS labels
SELECT
    message_id,
    if(max(named) != '', max(named), max(linked)) AS campaign,
    sum(is_sent) AS sent,
    sum(is_delivered) AS delivered,
    sum(is_bounced) AS bounced,
    countIf(opened = 5) AS opened_people,
    countIf(opened IN (3, 4)) AS opened_maybe,
    countIf(opened IN (1, 2)) AS opened_machines,
    countIf(clicked = 5) AS clicked_people,
    countIf(clicked IN (3, 4)) AS clicked_maybe,
    countIf(clicked IN (1, 2)) AS clicked_machines,
    sum(has_left) AS unsubscribed,
    sum(has_complained) AS complained,
    round(if(greatest(delivered, sent) > 0, clicked_people / if(delivered > 0, delivered, sent), 0), 4) AS people_share
FROM
(
    SELECT
        message_id,
        person,
        max(campaign) AS named,
        max(link_campaign) AS linked,
        max(kind = 'email_sent') AS is_sent,
        max(kind = 'email_delivered') AS is_delivered,
        max(kind = 'email_bounce') AS is_bounced,
        maxIf(indexOf(labels, if(email_label = '', 'unknown', toString(email_label))), kind IN ('email_open', 'email_click')) AS opened,
        maxIf(indexOf(labels, if(email_label = '', 'unknown', toString(email_label))), kind = 'email_click') AS clicked,
        max(kind = 'email_unsubscribe' OR kind = 'preference' AND opt = 'out') AS has_left,
        max(kind = 'email_complaint') AS has_complained
    FROM notable_events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
        AND (startsWith(kind, 'email_') OR kind = 'preference') AND message_id != ''
    GROUP BY message_id, person
)
GROUP BY message_id
ORDER BY sent DESC, delivered DESC, message_id
LIMIT 100
