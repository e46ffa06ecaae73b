-- What does this escalation say?
-- Read: one row, as on the topic; none when its task was done or withdrawn.
-- {step} = : id of the step
SELECT
    step_id, site, task_id, kind,
    toUnixTimestamp64Milli(at) AS at,
    made_by, subject, customer_id, visitor_id, signal_id, trigger, revision, title, channel, owner,
    toUnixTimestamp64Milli(due_at) AS due_at,
    escalate_to, text
FROM task_steps
WHERE site = {site:String} AND step_id = {step:String} AND kind = 'escalated'
    AND task_id GLOBAL IN (SELECT task_id FROM tasks WHERE site = {site:String} AND state = 'open')
