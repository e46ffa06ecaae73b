-- What did this customer do?
-- Read: the newest 300 events before `until`, of all its browsers, sessions and channels, newest first.
-- {customer} = : the customer
-- {until} = 2100-01-01 00:00:00.000: only what happened before, UTC
SELECT event_time, kind, sentence, channel, traffic, session_id, value, currency, engaged_ms, event_id
FROM timeline(site = {site:String}, customer = {customer:String})
WHERE event_time < {until:DateTime64(3)}
ORDER BY event_time DESC, pageview_id DESC, seq DESC, event_id DESC
LIMIT 300
