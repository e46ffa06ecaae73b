-- Which events did the tracking plan turn away, and for which property?
-- Read: `place` is where in the event, `rule` what it must be. Events that were kept with a warning are not here. Of a long original the name is read as far as it was kept.
SELECT
    multiIf(
        isValidJSON(original) AND JSONExtractString(original, 'event') != '', JSONExtractString(original, 'event'),
        extract(original, '"event": ?"([^"\\\\]+)"') != '', extract(original, '"event": ?"([^"\\\\]+)"'),
        isValidJSON(original) AND JSONExtractString(original, 'type') IN ('page', 'screen'), 'page_view',
        JSONExtractString(original, 'type')
    ) AS event,
    extract(message, '^`([^`]*)`') AS place,
    if(place = '', 'is not in the plan', extract(message, 'tracking plan: (.*)\\. Correct')) AS rule,
    count() AS events,
    max(received_at) AS last
FROM rejected
WHERE site = {site:String} AND reason = 'plan_violation' AND received_at >= {from:DateTime} AND received_at < {to:DateTime}
GROUP BY event, place, rule
ORDER BY events DESC, event, place, rule
LIMIT 200
