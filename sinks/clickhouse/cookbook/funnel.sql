-- How many people take three steps in this order, and after which one do they stop?
-- Read: one row a step; `people` reached it within the conversion window after their first step, `of_first` and `of_previous` are shares.
-- A step is a path (% stands for anything), a kind of event, or a name. People are customers where known, else browsers.
-- {step1} = /: first step
-- {step2} = /pricing%: second step
-- {step3} = purchase: third step
-- {within} = 86400: conversion window in seconds, from the first step to the last
WITH reached AS
(
    SELECT
        person,
        windowFunnel({within:UInt64} * 1000)(
            toUInt64(toUnixTimestamp64Milli(event_time)),
            url_path LIKE {step1:String} AND kind = 'page_view' OR kind = {step1:String} OR name = {step1:String},
            url_path LIKE {step2:String} AND kind = 'page_view' OR kind = {step2:String} OR name = {step2:String},
            url_path LIKE {step3:String} AND kind = 'page_view' OR kind = {step3:String} OR name = {step3:String}
        ) AS steps
    FROM events_by_time
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND traffic = 'human' AND person != 0
        -- What is no step is left out first: whose it was and in which session need not be looked up.
        AND ((url_path LIKE {step1:String} OR url_path LIKE {step2:String} OR url_path LIKE {step3:String}) AND kind = 'page_view'
            OR kind IN ({step1:String}, {step2:String}, {step3:String}) OR name IN ({step1:String}, {step2:String}, {step3:String}))
    GROUP BY person
),
counted AS
(
    SELECT [countIf(steps >= 1), countIf(steps >= 2), countIf(steps >= 3)] AS reaching
    FROM reached
)
SELECT
    number,
    step_is,
    people,
    round(people / first_value(people) OVER (ORDER BY number), 4) AS of_first,
    round(people / lagInFrame(people, 1, people) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 4) AS of_previous
FROM counted
ARRAY JOIN [1, 2, 3] AS number, [{step1:String}, {step2:String}, {step3:String}] AS step_is, reaching AS people
ORDER BY number
