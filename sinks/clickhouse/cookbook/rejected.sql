-- What was turned away, and why?
-- Read: one row for each stage and reason; `message` is one example and says what to change at the sender.
SELECT stage, reason, count() AS events, max(received_at) AS last, any(message) AS message
FROM rejected
WHERE site IN ({site:String}, '') AND received_at >= {from:DateTime} AND received_at < {to:DateTime}
GROUP BY stage, reason
ORDER BY events DESC, stage, reason
