-- How do we know who opened and clicked, people or machines?
-- Read: hits of the campaign's e-mails by kind, label and reason; a hit with several reasons stands once with all of them. An open is hardly ever surely a person's: without a click only the image was fetched.
-- {campaign} = : name of the campaign
SELECT
    kind,
    if(email_label = '', 'unknown', toString(email_label)) AS label,
    arrayStringConcat(arraySort(arrayMap(reason -> toString(reason), traffic_reasons)), ', ') AS reasons,
    count() AS hits,
    uniqExact(person) AS recipients
FROM notable_events
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind IN ('email_open', 'email_click') AND message_id IN
(
    SELECT message_id
    FROM notable_events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND (startsWith(kind, 'email_') OR kind = 'preference') AND message_id != ''
    GROUP BY message_id
    HAVING multiIf(max(campaign) != '', max(campaign), max(link_campaign) != '', max(link_campaign), '(none)') = {campaign:String}
)
GROUP BY kind, label, reasons
ORDER BY kind, hits DESC, label, reasons
LIMIT 100
