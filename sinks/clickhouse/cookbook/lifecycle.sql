-- How far along are customers, and how many go on from each stage?
-- Read: `people` stand at the stage now, `reached` stand there or further on; `went_on` is the share of `reached` that came to the next stage.
-- `median_days` is how long those who stand there have been known (first event to now).
WITH
    ['awareness', 'consideration', 'intent', 'purchase', 'loyalty', 'advocacy'] AS stages,
    standing AS
    (
        SELECT c.subject AS subject, argMax(c.stage, c.updated_at) AS stage, any(if(c.customer_id != '', c.customer_id, c.visitor_id)) AS person
        FROM scores AS c
        WHERE c.site = {site:String} AND c.stage != ''
        GROUP BY subject
    ),
    known AS
    (
        SELECT if(customer_id != '', customer_id, visitor_id) AS person, min(event_time) AS first_seen
        FROM events
        WHERE site = {site:String} AND person != ''
        GROUP BY person
    ),
    placed AS
    (
        SELECT indexOf(stages, s.stage) AS number, age('day', k.first_seen, now64(3)) AS days
        FROM standing AS s LEFT ANY JOIN known AS k ON k.person = s.person
        WHERE number > 0
    ),
    counted AS
    (
        SELECT arrayJoin(range(1, length(stages) + 1)) AS at, countIf(number = at) AS people, countIf(number >= at) AS reached, quantileExactIf(0.5)(days, number = at) AS median_days
        FROM placed
        GROUP BY at
    )
SELECT
    stages[at] AS stage,
    people,
    reached,
    round(if(reached > 0, leadInFrame(reached, 1, 0) OVER (ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) / reached, 0), 4) AS went_on,
    median_days
FROM counted
ORDER BY at
