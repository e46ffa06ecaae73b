-- How did each e-mail do?
-- Read: people, each counted once a message. Opens of mail proxies and scanners are left out; trust clicks more than opens all the same.
SELECT
    message_id,
    uniqExactIf(person, kind = 'email_sent') AS sent,
    uniqExactIf(person, kind = 'email_delivered') AS delivered,
    uniqExactIf(person, kind = 'email_open') AS opened,
    uniqExactIf(person, kind = 'email_click') AS clicked,
    uniqExactIf(person, kind = 'email_bounce') AS bounced,
    uniqExactIf(person, kind IN ('email_unsubscribe', 'email_complaint')) AS left,
    round(if(sent > 0, clicked / sent, 0), 4) AS clicked_share
FROM
(
    SELECT message_id, kind, if(customer_id != '', customer_id, visitor_id) AS person
    FROM events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND startsWith(kind, 'email_')
        AND (traffic NOT IN ('bot', 'suspect', 'proxied', 'machine_probable', 'machine_certain') OR kind NOT IN ('email_open', 'email_click'))
)
GROUP BY message_id
ORDER BY sent DESC, message_id
LIMIT 100
