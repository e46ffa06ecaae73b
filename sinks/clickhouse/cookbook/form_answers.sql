-- How many hours did it take until a form was answered?
-- Read: an answer is the first event of the kind `answer` to the same customer after the form; `open` forms have none yet.
-- {answer} = email_sent: kind or name of the event that answers
WITH asked AS
(
    SELECT event_id, if(customer_id != '', customer_id, visitor_id) AS person, event_time AS at, url_path, ifNull(toString(props.form), '') AS form
    FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind = 'form_submit'
),
answers AS
(
    SELECT if(customer_id != '', customer_id, visitor_id) AS person, event_time AS at
    FROM events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND (kind = {answer:String} OR name = {answer:String})
),
waited AS
(
    SELECT
        a.event_id AS event_id,
        any(if(a.form != '', a.form, a.url_path)) AS asked_by,
        countIf(b.at > a.at) AS found,
        minIf(dateDiff('second', a.at, b.at), b.at > a.at) AS seconds
    FROM asked AS a
    LEFT JOIN answers AS b ON b.person = a.person
    GROUP BY event_id
)
SELECT
    asked_by AS form,
    count() AS sent,
    countIf(found > 0) AS answered,
    sent - answered AS open,
    round(quantileExactIf(0.5)(seconds, found > 0) / 3600, 2) AS median_hours,
    round(quantileExactIf(0.9)(seconds, found > 0) / 3600, 2) AS p90_hours
FROM waited
GROUP BY form
ORDER BY sent DESC, form
