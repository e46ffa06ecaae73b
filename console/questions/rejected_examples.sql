-- What did the newest of them look like?
-- Read: the original as it came, at most its first 4,000 characters.
-- {reason} = : the reason
SELECT received_at, stage, event_id, message, left(original, 4000) AS original
FROM rejected
WHERE site = {site:String} AND reason = {reason:String} AND received_at >= {from:DateTime} AND received_at < {to:DateTime}
ORDER BY received_at DESC
LIMIT 20
