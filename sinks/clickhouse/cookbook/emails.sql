-- How did each e-mail do, with people and with machines?
-- Read: everybody counts once an e-mail, by the best that is known of what they did: `people` clicked and read the page; of `maybe` nobody can say (an image was
-- fetched by a mail program or a mail proxy, a link was followed and the page left at once); `machines` were scanners, and mail programs that fetch everything.
-- Who clicked has opened. Trust `people_share`, the people who clicked of all who got it; opens say little.
SELECT
    message_id,
    campaign,
    sent,
    delivered,
    bounced,
    opened_people,
    opened_unknown + opened_proxied AS opened_maybe,
    opened_machines,
    clicked_people,
    clicked_unknown + clicked_proxied AS clicked_maybe,
    clicked_machines,
    unsubscribed,
    complained,
    round(if(greatest(delivered, sent) > 0, clicked_people / if(delivered > 0, delivered, sent), 0), 4) AS people_share
FROM counted_emails(site = {site:String}, from = {from:DateTime}, to = {to:DateTime})
ORDER BY sent DESC, delivered DESC, message_id
LIMIT 100
