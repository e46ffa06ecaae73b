-- Which signals came last?
-- Read: newest first; `customer_id` is empty for who is not known.
SELECT signal_id, fired_at, trigger, status, customer_id, visitor_id, ifNull(toString(payload.url_path), '') AS page
FROM signals
WHERE site = {site:String} AND fired_at >= {from:DateTime} AND fired_at < {to:DateTime}
ORDER BY fired_at DESC, signal_id
LIMIT 100
