-- Which tasks did the signals of these days open?
-- Read: one row a task, with the signal it comes from.
SELECT signal_id, task_id, state, owner
FROM tasks
WHERE site = {site:String} AND signal_id != '' AND opened_at >= {from:DateTime} AND opened_at < {to:DateTime}
ORDER BY opened_at DESC, task_id
LIMIT 1000
