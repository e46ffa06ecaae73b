-- What was done about these tasks?
-- Read: each step once, in order; `made_by` is empty where footprint did it.
-- {tasks} = : ids of tasks, separated by commas
SELECT *
FROM task_steps
WHERE site = {site:String} AND task_id IN splitByChar(',', {tasks:String})
ORDER BY at, step_id
