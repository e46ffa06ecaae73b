-- What did people do that matters?
-- Read: how often in the period, and in the period of the same length before it. Machines are left out.
-- {before} = 14 days before {to}: start of the period before
SELECT
    kind,
    countIf(event_time >= {from:DateTime}) AS events,
    countIf(event_time < {from:DateTime}) AS events_before
FROM notable_events
WHERE site = {site:String} AND event_time >= {before:DateTime} AND event_time < {to:DateTime} AND traffic = 'human'
    AND kind IN ('purchase', 'form_submit', 'chat_start', 'email_click', 'preference', 'identify')
GROUP BY kind
ORDER BY events DESC, kind
