-- How did each e-mail of a campaign do?
-- Read: as `mail_campaigns`, one row an e-mail.
-- {campaign} = : name of the campaign
SELECT
    message_id, sent, delivered, bounced, opened_people, opened_unknown, opened_proxied, opened_machines, clicked_people, clicked_unknown, clicked_proxied, clicked_machines,
    unsubscribed, complained
FROM counted_emails(site = {site:String}, from = {from:DateTime}, to = {to:DateTime}) AS e
WHERE if(e.campaign = '', '(none)', e.campaign) = {campaign:String}
ORDER BY sent DESC, delivered DESC, message_id
LIMIT 200
