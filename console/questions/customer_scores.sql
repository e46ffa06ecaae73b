-- Where does this customer stand?
-- Read: one row a score, as of now; `value` has decayed since `updated_at`, `band` is the last that was published.
-- {customer} = : the customer
SELECT score, value, band, stage, model_version, updated_at
FROM scores
WHERE site = {site:String} AND subject = concat('c:', {customer:String})
ORDER BY score
