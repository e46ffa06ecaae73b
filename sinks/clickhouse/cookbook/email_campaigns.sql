-- How did each e-mail campaign do, with people and with machines?
-- Read: the numbers of `emails`, added up over the letters of a campaign; it is named by the property `campaign` of what was sent, else by `utm_campaign` in its links.
-- `people` counts those who clicked and read, each once, however many letters they got.
WITH ['machine_certain', 'machine_probable', 'proxied', 'unknown', 'human'] AS labels
SELECT
    campaign,
    uniqExact(message_id) AS emails,
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
    uniqExactIf(person, clicked = 5) AS people,
    round(if(greatest(delivered, sent) > 0, clicked_people / if(delivered > 0, delivered, sent), 0), 4) AS people_share
FROM
(
    SELECT
        message_id,
        person,
        if(max(named) OVER (PARTITION BY message_id) != '', max(named) OVER (PARTITION BY message_id), max(linked) OVER (PARTITION BY message_id)) AS campaign,
        is_sent, is_delivered, is_bounced, opened, clicked, has_left, has_complained
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
)
GROUP BY campaign
ORDER BY sent DESC, delivered DESC, campaign
LIMIT 100
