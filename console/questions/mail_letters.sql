-- How did each e-mail of a campaign do?
-- Read: as `mail_campaigns`, one row an e-mail.
-- {campaign} = : name of the campaign
WITH ['machine_certain', 'machine_probable', 'proxied', 'unknown', 'human'] AS labels
SELECT
    message_id,
    sum(is_sent) AS sent,
    sum(is_delivered) AS delivered,
    sum(is_bounced) AS bounced,
    countIf(opened = 5) AS opened_people,
    countIf(opened = 4) AS opened_unknown,
    countIf(opened = 3) AS opened_proxied,
    countIf(opened IN (1, 2)) AS opened_machines,
    countIf(clicked = 5) AS clicked_people,
    countIf(clicked = 4) AS clicked_unknown,
    countIf(clicked = 3) AS clicked_proxied,
    countIf(clicked IN (1, 2)) AS clicked_machines,
    sum(has_left) AS unsubscribed,
    sum(has_complained) AS complained
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
HAVING multiIf(max(named) != '', max(named), max(linked) != '', max(linked), '(none)') = {campaign:String}
ORDER BY sent DESC, delivered DESC, message_id
LIMIT 200
