-- Which signals fired for this customer?
-- Read: newest first; a status that begins with `suppressed` says why nobody was told.
-- {customer} = : the customer
SELECT fired_at, trigger, status, reason
FROM signals
WHERE site = {site:String} AND subject = concat('c:', {customer:String})
ORDER BY fired_at DESC
LIMIT 50
