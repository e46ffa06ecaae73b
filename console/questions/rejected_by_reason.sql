-- What was turned away from this website, and why?
-- Read: one row for each stage and reason; `message` says what to change at the sender. What named no website at all is not here.
SELECT stage, reason, count() AS events, max(received_at) AS last, any(message) AS message
FROM rejected
WHERE site = {site:String} AND received_at >= {from:DateTime} AND received_at < {to:DateTime}
GROUP BY stage, reason
ORDER BY events DESC, stage, reason
