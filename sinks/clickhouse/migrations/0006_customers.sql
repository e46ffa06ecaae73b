-- Customers: everybody in one view, and the questions one asks about one: who is it, what did they do, and why that score.
CREATE OR REPLACE VIEW customers ${ON_CLUSTER} AS
WITH
    activity AS
    (
        SELECT
            site,
            customer_id,
            min(event_time) AS first_seen,
            max(event_time) AS last_seen,
            uniqExactIf(visitor_id, visitor_id != '') AS visitors,
            uniqExactIf(session_id, session_id != '') AS sessions,
            count() AS events,
            countIf(kind = 'page_view') AS page_views,
            arraySort(groupUniqArrayIf(channel, channel != '')) AS channels,
            argMinIf(channel, event_time, channel != '') AS first_channel,
            argMaxIf(channel, event_time, channel != '') AS last_channel,
            countIf(kind = 'purchase') AS orders,
            sumIf(value, kind = 'purchase') - sumIf(value, kind = 'refund') AS value,
            argMaxIf(consent, event_time, kind = 'consent') AS consent,
            argMaxIf(toJSONString(traits), event_time, kind = 'identify') AS traits,
            arraySort(groupArrayIf(
                (
                    event_time, pageview_id, seq, event_id,
                    if(kind = 'preference', assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(props.topic.:String), 1, 100), ''), 'all')), 'all'),
                    if(kind = 'preference', assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(props.channel.:String), 1, 100), ''), 'email')), 'email'),
                    if(kind = 'preference', assumeNotNull(props.opt.:String), 'out')),
                kind = 'preference' AND props.opt.:String IN ('in', 'out') OR kind IN ('email_unsubscribe', 'email_complaint')
                    OR kind = 'email_bounce' AND props.bounce.:String = 'hard')) AS stated
        FROM events
        WHERE customer_id != ''
        GROUP BY site, customer_id
    ),
    scored AS
    (
        SELECT
            site,
            customer_id,
            mapFromArrays(groupArray(toString(score)), groupArray(value)) AS scores,
            mapFromArrays(groupArray(toString(score)), groupArray(toString(band))) AS bands,
            argMax(toString(stage), updated_at) AS stage,
            argMaxIf(
                mapFromArrays(
                    reasons.rule,
                    arrayMap(
                        points -> round(points * if(half_life_s > 0, exp2(-greatest(0, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(updated_at)) / 1000 / half_life_s), 1), 2),
                        reasons.points)),
                updated_at,
                score = 'interests') AS interests
        FROM scores
        WHERE customer_id != ''
        GROUP BY site, customer_id
    )
SELECT
    a.site AS site,
    a.customer_id AS customer_id,
    a.first_seen AS first_seen,
    a.last_seen AS last_seen,
    a.visitors AS visitors,
    a.sessions AS sessions,
    a.events AS events,
    a.page_views AS page_views,
    a.channels AS channels,
    a.first_channel AS first_channel,
    a.last_channel AS last_channel,
    a.orders AS orders,
    a.value AS value,
    s.stage AS stage,
    s.scores AS scores,
    s.bands AS bands,
    mapFilter((category, points) -> points > 0, s.interests) AS interests,
    arrayFold(
        (held, choice) -> mapUpdate(
            if(choice.5 = 'all', mapFilter((topic, opt) -> NOT endsWith(topic, concat('/', choice.6)), held), held), map(concat(choice.5, '/', choice.6), choice.7)),
        a.stated,
        CAST(map(), 'Map(String, String)')) AS preferences,
    a.consent AS consent,
    a.traits AS traits
FROM activity AS a
LEFT ANY JOIN scored AS s ON s.site = a.site AND s.customer_id = a.customer_id;

-- The row of one customer, the same as in `customers`, without reading anybody else: what it wants of each table is found by the sort key.
CREATE OR REPLACE VIEW customer ${ON_CLUSTER} AS
WITH
    activity AS
    (
        SELECT
            {customer:String} AS customer_id,
            min(event_time) AS first_seen,
            max(event_time) AS last_seen,
            uniqExactIf(visitor_id, visitor_id != '') AS visitors,
            uniqExactIf(session_id, session_id != '') AS sessions,
            count() AS events,
            countIf(kind = 'page_view') AS page_views,
            arraySort(groupUniqArrayIf(channel, channel != '')) AS channels,
            argMinIf(channel, event_time, channel != '') AS first_channel,
            argMaxIf(channel, event_time, channel != '') AS last_channel,
            countIf(kind = 'purchase') AS orders,
            sumIf(value, kind = 'purchase') - sumIf(value, kind = 'refund') AS value,
            argMaxIf(consent, event_time, kind = 'consent') AS consent,
            argMaxIf(toJSONString(traits), event_time, kind = 'identify') AS traits,
            arraySort(groupArrayIf((event_time, pageview_id, seq, event_id, stated), notEmpty(stated))) AS stated
        FROM
        (
            SELECT
                e.event_time AS event_time,
                e.visitor_id AS visitor_id,
                e.kind AS kind,
                e.channel AS channel,
                e.value AS value,
                e.consent AS consent,
                e.traits AS traits,
                e.stated AS stated,
                e.pageview_id AS pageview_id,
                e.seq AS seq,
                e.event_id AS event_id,
                e.visitor_id = '' OR e.version >= 281474976710656 AS settled,
                if(settled OR e.session_id != '', e.session_id, j.session_id) AS published,
                if(s.superseded_by != '', s.superseded_by, published) AS session_id
            FROM events_raw AS e FINAL
            LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
            LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id FROM event_overrides FINAL) AS j
                ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
            LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
                ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(settled, '', published)
            WHERE e.site = {site:String} AND e.actor IN
            (
                SELECT visitor_id FROM seen_customers WHERE site = {site:String} AND customer_id = {customer:String}
                UNION ALL
                SELECT {customer:String}
            )
            AND if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) = {customer:String}
        )
        HAVING count() > 0
    ),
    scored AS
    (
        SELECT
            mapFromArrays(groupArray(toString(score)), groupArray(if(abs(clamped) < 0.01, 0, clamped))) AS scores,
            mapFromArrays(groupArray(toString(score)), groupArray(toString(band))) AS bands,
            argMax(toString(stage), updated_at) AS stage,
            argMaxIf(mapFromArrays(reasons.rule, arrayMap(points -> round(points * decay, 2), reasons.points)), updated_at, score = 'interests') AS interests
        FROM
        (
            SELECT
                score, band, stage, updated_at, reasons,
                if(half_life_s > 0, exp2(-greatest(0, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(updated_at)) / 1000 / half_life_s), 1) AS decay,
                least(greatest(raw_value * decay, floor), ceiling) AS clamped
            FROM scores_raw FINAL
            WHERE site = {site:String} AND subject = concat('c:', {customer:String}) AND customer_id = {customer:String}
        )
    )
SELECT
    {site:String} AS site,
    a.customer_id AS customer_id,
    a.first_seen AS first_seen,
    a.last_seen AS last_seen,
    a.visitors AS visitors,
    a.sessions AS sessions,
    a.events AS events,
    a.page_views AS page_views,
    a.channels AS channels,
    a.first_channel AS first_channel,
    a.last_channel AS last_channel,
    a.orders AS orders,
    a.value AS value,
    s.stage AS stage,
    s.scores AS scores,
    s.bands AS bands,
    mapFilter((category, points) -> points > 0, s.interests) AS interests,
    arrayFold(
        (held, choice) -> mapUpdate(
            if(choice.5[1] = 'all', mapFilter((topic, opt) -> NOT endsWith(topic, concat('/', choice.5[2])), held), held),
            map(concat(choice.5[1], '/', choice.5[2]), choice.5[3])),
        a.stated,
        CAST(map(), 'Map(String, String)')) AS preferences,
    a.consent AS consent,
    a.traits AS traits
FROM activity AS a
CROSS JOIN scored AS s
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- Everything one customer did, all visitors stitched, in the one order (docs/semantics.md, section 1). It reads what `resolved_events` says,
-- by itself: the footprint of one person is asked for most, and a view inside a view costs more than reading it.
CREATE OR REPLACE VIEW timeline ${ON_CLUSTER} AS
WITH
    toString(if(j.email_label != '', j.email_label, e.email_label)) AS label,
    e.visitor_id = '' OR e.version >= 281474976710656 AS settled,
    if(settled OR e.session_id != '', e.session_id, j.session_id) AS published,
    if(s.superseded_by != '', s.superseded_by, published) AS shown
SELECT
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    concat(
        e.sentence,
        multiIf(
            e.kind IN ('identify', 'alias'), {customer:String},
            e.kind IN ('email_bounce', 'email_complaint'), '',
            startsWith(label, 'machine_'), ', by a machine',
            label = 'proxied', ', by a mail proxy',
            ''
        )
    ) AS sentence,
    e.channel AS channel,
    e.url_path AS url_path,
    e.title AS title,
    e.value AS value,
    e.currency AS currency,
    e.engaged_ms AS engaged_ms,
    if(j.email_label != '', j.traffic, if(indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)), l.traffic, e.traffic)) AS traffic,
    e.visitor_id AS visitor_id,
    {customer:String} AS customer_id,
    shown AS session_id,
    e.pageview_id AS pageview_id,
    e.seq AS seq,
    e.event_id AS event_id,
    e.props AS props,
    label AS email_label
FROM events_raw AS e FINAL
LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id, email_label, traffic FROM event_overrides FINAL) AS j
    ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
    ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(settled, '', published)
LEFT ANY JOIN (SELECT site, visitor_id, session_id, traffic FROM session_labels FINAL) AS l
    ON l.site = e.site AND l.visitor_id = e.actor AND l.session_id = shown
WHERE e.site = {site:String} AND e.actor IN
(
    SELECT visitor_id FROM seen_customers WHERE site = {site:String} AND customer_id = {customer:String}
    UNION ALL
    SELECT {customer:String}
)
AND if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) = {customer:String}
ORDER BY event_time, pageview_id, seq, event_id
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- Contributions per rule by the model that the score is of (its rows are whole: `streams.core.switching`), decayed to now, and a last row `clamp` for each score: together the shown score.
CREATE OR REPLACE VIEW why ${ON_CLUSTER} AS
WITH
    current AS
    (
        SELECT
            r.site AS site,
            r.subject AS subject,
            r.score AS score,
            r.half_life_s AS half_life_s,
            r.model_version AS model_version,
            greatest(toUnixTimestamp64Milli(now64(3)), toUnixTimestamp64Milli(r.updated_at)) AS at_ms,
            (at_ms - toUnixTimestamp64Milli(r.updated_at)) / 1000 AS age_s,
            least(greatest(r.raw_value * if(r.half_life_s > 0, exp2(-age_s / r.half_life_s), 1), r.floor), r.ceiling) AS clamped,
            if(abs(clamped) < 0.01, 0, clamped) AS shown
        FROM scores_raw AS r FINAL
        WHERE r.site = {site:String} AND r.subject = concat('c:', {customer:String})
    ),
    contributions AS
    (
        SELECT
            c.score AS score,
            c.rule AS rule,
            sum(c.points * if(s.half_life_s > 0, exp2(-(s.at_ms - toUnixTimestamp64Milli(c.event_time)) / 1000 / s.half_life_s), 1)) AS points,
            count() AS changes,
            max(c.event_time) AS last_event_time
        FROM (SELECT * FROM score_changes_raw FINAL WHERE site = {site:String} AND subject = concat('c:', {customer:String})) AS c
        INNER JOIN current AS s ON s.site = c.site AND s.subject = c.subject AND s.score = c.score AND s.model_version = c.model_version
        GROUP BY c.score, c.rule
    )
SELECT score, rule, points, changes, last_event_time, shown
FROM
(
    SELECT r.score AS score, r.rule AS rule, r.points AS points, r.changes AS changes, r.last_event_time AS last_event_time, s.shown AS shown, 0 AS place
    FROM contributions AS r
    INNER JOIN current AS s ON s.score = r.score
    UNION ALL
    SELECT s.score, 'clamp', s.shown - t.total, 0, t.last_event_time, s.shown, 1
    FROM current AS s
    LEFT ANY JOIN (SELECT score, sum(points) AS total, max(last_event_time) AS last_event_time FROM contributions GROUP BY score) AS t ON t.score = s.score
)
ORDER BY score, place, abs(points) DESC, rule;
