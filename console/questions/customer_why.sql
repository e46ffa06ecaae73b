-- Why does this customer have that score?
-- Read: what each rule adds, decayed to now; the last row of a score, `clamp`, is what its bounds take away, so that all rows of a score sum to `shown`.
-- {customer} = : the customer
SELECT score, rule, points, changes, last_event_time, shown FROM why(site = {site:String}, customer = {customer:String})
