-- Which tasks are there?
-- Read: open ones first, by when they are due, then closed ones, newest first; at most 300.
-- {state} = open: `open`, `done`, `withdrawn` or `all`
-- {owner} = *: whose, `*` for everybody's and nobody's
-- {due} = any: `over` for those that are overdue
SELECT *
FROM tasks
WHERE site = {site:String}
    AND ({state:String} = 'all' OR state = {state:String})
    AND ({owner:String} = '*' OR owner = {owner:String})
    AND ({due:String} != 'over' OR due_at <= now64(3))
ORDER BY state = 'open' DESC, if(state = 'open', toUnixTimestamp64Milli(due_at), -toUnixTimestamp64Milli(changed_at)), task_id
LIMIT 300
