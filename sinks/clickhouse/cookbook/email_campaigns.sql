-- How did each e-mail campaign do, with people and with machines?
-- Read: the numbers of `emails`, added up over the letters of a campaign; it is named by the property `campaign` of what was sent, else by `utm_campaign` in its links.
-- `people` counts those who clicked and read, each once, however many letters they got.
SELECT
    campaign,
    count() AS emails,
    sum(e.sent) AS sent,
    sum(e.delivered) AS delivered,
    sum(e.bounced) AS bounced,
    sum(e.opened_people) AS opened_people,
    sum(e.opened_unknown + e.opened_proxied) AS opened_maybe,
    sum(e.opened_machines) AS opened_machines,
    sum(e.clicked_people) AS clicked_people,
    sum(e.clicked_unknown + e.clicked_proxied) AS clicked_maybe,
    sum(e.clicked_machines) AS clicked_machines,
    sum(e.unsubscribed) AS unsubscribed,
    sum(e.complained) AS complained,
    uniqExactArray(e.readers) AS people,
    round(if(greatest(delivered, sent) > 0, clicked_people / if(delivered > 0, delivered, sent), 0), 4) AS people_share
FROM counted_emails(site = {site:String}, from = {from:DateTime}, to = {to:DateTime}) AS e
GROUP BY campaign
ORDER BY sent DESC, delivered DESC, campaign
LIMIT 100
