-- What was to be done about this customer, and what was done?
-- Read: each step of each of the customer's tasks, of browsers that are the customer's too, newest first.
-- {customer} = : the customer
SELECT *
FROM task_steps
WHERE site = {site:String} AND task_id GLOBAL IN (
    SELECT task_id FROM task_steps
    WHERE site = {site:String} AND (
        customer_id = {customer:String}
        OR visitor_id != '' AND visitor_id GLOBAL IN (SELECT visitor_id FROM identities WHERE site = {site:String} AND customer_id = {customer:String})
    )
)
ORDER BY at DESC, step_id
LIMIT 500
