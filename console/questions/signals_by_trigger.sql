-- What fired, and what did not go out, and why?
-- Read: one row for each trigger, status and reason. Only `fired` is told to anybody; what begins with `suppressed` was held back.
SELECT trigger, status, reason, count() AS signals, uniqExact(subject) AS people, max(fired_at) AS last
FROM signals
WHERE site = {site:String} AND fired_at >= {from:DateTime} AND fired_at < {to:DateTime}
GROUP BY trigger, status, reason
ORDER BY trigger, status = 'fired' DESC, signals DESC, reason
