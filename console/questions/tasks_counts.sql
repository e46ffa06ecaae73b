-- How many tasks wait, and for whom?
-- Read: open tasks by owner, those of nobody with an empty owner; `overdue` of these are past their time.
SELECT owner, count() AS open, countIf(due_at <= now64(3)) AS overdue, countIf(escalated) AS escalated
FROM tasks
WHERE site = {site:String} AND state = 'open'
GROUP BY owner
ORDER BY open DESC, owner
