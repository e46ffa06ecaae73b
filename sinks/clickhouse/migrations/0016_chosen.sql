-- `preferences` as before, folded in one pass over what somebody chose: every name that a view gives is planned again wherever it stands.
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
            arraySort(groupArrayIf(
                (
                    event_time, pageview_id, seq, event_id,
                    if(kind = 'preference', assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(props.topic.:String), 1, 100), ''), 'all')), 'all'),
                    if(kind = 'preference', assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(props.channel.:String), 1, 100), ''), 'email')), 'email'),
                    if(kind = 'preference', assumeNotNull(props.opt.:String), 'out')),
                kind = 'preference' AND props.opt.:String IN ('in', 'out') OR kind IN ('email_unsubscribe', 'email_complaint')
                    OR kind = 'email_bounce' AND props.bounce.:String = 'hard')) AS stated
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
                e.props AS props,
                e.pageview_id AS pageview_id,
                e.seq AS seq,
                e.event_id AS event_id,
                multiIf(
                    e.visitor_id = '' OR e.version >= 281474976710656, e.session_id, s.superseded_by != '', s.superseded_by, e.session_id != '', e.session_id, j.session_id
                ) AS session_id
            FROM events_raw AS e FINAL
            LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
            LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id FROM event_overrides FINAL) AS j
                ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
            LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
                ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(e.session_id != '', e.session_id, j.session_id)
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
            if(choice.5 = 'all', mapFilter((topic, opt) -> NOT endsWith(topic, concat('/', choice.6)), held), held), map(concat(choice.5, '/', choice.6), choice.7)),
        a.stated,
        CAST(map(), 'Map(String, String)')) AS preferences,
    a.consent AS consent,
    a.traits AS traits
FROM activity AS a
CROSS JOIN scored AS s
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';
