-- Who opened and clicked each e-mail, people or machines, and how do we know?
-- Read: one row for each e-mail, kind of hit and label; `share` is of all hits of that kind. An open is hardly ever surely a person's: without a click only the image was fetched.
-- {message} = %: one e-mail; % stands for anything
SELECT
    message_id,
    kind,
    if(email_label = '', 'unknown', toString(email_label)) AS label,
    count() AS hits,
    round(hits / sum(hits) OVER (PARTITION BY message_id, kind), 4) AS share,
    uniqExact(person) AS recipients,
    arraySort(groupUniqArrayArray(arrayMap(reason -> toString(reason), traffic_reasons))) AS reasons
FROM notable_events
WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
    AND kind IN ('email_open', 'email_click') AND message_id != '' AND message_id LIKE {message:String}
GROUP BY message_id, kind, label
ORDER BY message_id, kind, hits DESC, label
LIMIT 1000
