-- Who looked at whom, and who changed what?
-- Read: newest first, at most 300; `who` is the keyed hash of a customer, which stays when an erasure has emptied `customer_id`.
-- {user} = *: only this user, `*` for all
-- {action} = *: only this action, `*` for all
-- {who} = *: only about the customer with this hash, `*` for all
SELECT at, made_by, action, customer_id, who, detail, address
FROM audit
WHERE site = {site:String} AND at >= {from:DateTime} AND at < {to:DateTime}
    AND ({user:String} = '*' OR made_by = {user:String})
    AND ({action:String} = '*' OR action = {action:String})
    AND ({who:String} = '*' OR who = {who:String})
ORDER BY at DESC, entry_id
LIMIT 300
