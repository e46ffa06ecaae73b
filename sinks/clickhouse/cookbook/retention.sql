-- Do people come back in the weeks after their first visit?
-- Read: one row for each week of first visits (`cohort`, the Monday, UTC) and each week after it; week 0 is always 100 %.
-- People who were seen before `from` are counted in the week of their first event after it: choose `from` early.
-- {from} = 56 days before {to}: start, UTC
WITH active AS
(
    SELECT person, toMonday(event_time) AS week
    FROM events_by_time
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND traffic = 'human' AND session != 0 AND person != 0
    GROUP BY person, week
),
placed AS (SELECT person, week, min(week) OVER (PARTITION BY person) AS cohort FROM active)
SELECT
    cohort,
    toUInt32((week - cohort) / 7) AS weeks_later,
    count() AS people,
    round(people / first_value(people) OVER (PARTITION BY cohort ORDER BY weeks_later), 4) AS share
FROM placed
GROUP BY cohort, weeks_later
ORDER BY cohort, weeks_later
