-- How did each e-mail campaign do, with people and with machines?
-- Read: everybody counts once an e-mail, by the best that is known of what they did: `people` clicked and read the page, of `unknown` nobody can say, `proxied` is a mail proxy that fetches
-- images for its people, `machines` are scanners and programs that fetch everything. A campaign is named by the property `campaign` of what was sent, else by `utm_campaign` in its links.
SELECT
    if(e.campaign = '', '(none)', e.campaign) AS campaign,
    count() AS emails,
    sum(e.sent) AS sent,
    sum(e.delivered) AS delivered,
    sum(e.bounced) AS bounced,
    sum(e.opened_people) AS opened_people,
    sum(e.opened_unknown) AS opened_unknown,
    sum(e.opened_proxied) AS opened_proxied,
    sum(e.opened_machines) AS opened_machines,
    sum(e.clicked_people) AS clicked_people,
    sum(e.clicked_unknown) AS clicked_unknown,
    sum(e.clicked_proxied) AS clicked_proxied,
    sum(e.clicked_machines) AS clicked_machines,
    sum(e.unsubscribed) AS unsubscribed,
    sum(e.complained) AS complained
FROM counted_emails(site = {site:String}, from = {from:DateTime}, to = {to:DateTime}) AS e
GROUP BY campaign
ORDER BY sent DESC, delivered DESC, campaign
LIMIT 100
