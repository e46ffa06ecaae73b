-- Do people come back in the weeks after their first session?
-- Read: one row for each week of first sessions (`cohort`, the Monday, UTC) and each week after it; week 0 is always everybody. People seen before `from` count in the week of their first session after it.
-- {from} = 56 days before {to}: start, UTC
WITH active AS
(
    SELECT person, toMonday(started_at) AS week
    FROM
    (
        SELECT *
        FROM session_versions
        WHERE site = {site:String} AND started_at >= {from:DateTime} - INTERVAL 1 DAY AND started_at < {to:DateTime} + INTERVAL 1 DAY
        ORDER BY version DESC
        LIMIT 1 BY session
    )
    WHERE started_at >= {from:DateTime} AND started_at < {to:DateTime} AND NOT superseded AND traffic = 'human'
    GROUP BY person, week
),
placed AS (SELECT person, week, min(week) OVER (PARTITION BY person) AS cohort FROM active)
SELECT cohort, toUInt32((week - cohort) / 7) AS weeks_later, count() AS people, people / first_value(people) OVER (PARTITION BY cohort ORDER BY weeks_later) AS share
FROM placed
GROUP BY cohort, weeks_later
ORDER BY cohort, weeks_later
