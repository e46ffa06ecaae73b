-- When did this customer move between stages?
-- Read: one row a move that still holds, in the order of the events that caused them; `rule` says why.
-- {customer} = : the customer
SELECT event_time, rule, argMax(band_after, at) AS stage
FROM score_changes
WHERE site = {site:String} AND subject = concat('c:', {customer:String}) AND score = 'lifecycle'
GROUP BY event_time, rule, event_id
HAVING sum(points) > 0 AND countIf(band_before != band_after) > 0
ORDER BY event_time
