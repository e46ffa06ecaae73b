-- Customers: who is it, what did they do, and why that score. One row a customer is kept, and counted again whenever something of theirs was
-- stored (sinks/clickhouse/customers.py), so that a row is found in milliseconds and a list of them reads no event. `received_at`: the newest receipt of an event, after which it is kept as long as events are.
CREATE TABLE IF NOT EXISTS customers_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    customer_id String,
    version UInt64,
    is_deleted UInt8,
    first_seen DateTime64(3, 'UTC'),
    last_seen DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    visitors UInt64,
    sessions UInt64,
    events UInt64,
    page_views UInt64,
    channels Array(LowCardinality(String)),
    first_channel LowCardinality(String),
    last_channel LowCardinality(String),
    orders UInt64,
    value Float64,
    stage LowCardinality(String),
    bands Map(String, String),
    preferences Map(String, String),
    consent LowCardinality(String),
    traits String,
    scored Nested(score LowCardinality(String), raw_value Float64, floor Float64, ceiling Float64, half_life_s Float64, updated_at DateTime64(3, 'UTC')),
    interested_at DateTime64(3, 'UTC'),
    interest_half_life_s Float64,
    interests Map(String, Float64)
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
ORDER BY (site, customer_id)
SETTINGS default_compression_codec = 'ZSTD(1)', index_granularity = 1024;

-- What a score says, and what a correction of a session says of those who are known by then, changes rows too.
CREATE MATERIALIZED VIEW IF NOT EXISTS scores_raw_customers ${ON_CLUSTER} TO seen_customers AS
SELECT DISTINCT site, customer_id, customer_id AS actor
FROM scores_raw
WHERE customer_id != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_customers ${ON_CLUSTER} TO seen_customers AS
SELECT DISTINCT site, customer_id, visitor_id AS actor
FROM ingest_sessions
WHERE customer_id != '' AND (status = 'superseded' OR notEmpty(joined) OR relabelled);

CREATE MATERIALIZED VIEW IF NOT EXISTS event_overrides_customers ${ON_CLUSTER} TO seen_customers AS
SELECT DISTINCT site, customer_id, visitor_id AS actor
FROM event_overrides
WHERE customer_id != '';

-- What the rows of some customers of a site must say, a deleted one for whoever has no event (any more). What it wants of each table is found by the sort key.
CREATE OR REPLACE VIEW counted_customers ${ON_CLUSTER} AS
WITH
    activity AS
    (
        SELECT
            customer_id,
            min(event_time) AS first_seen,
            max(event_time) AS last_seen,
            max(received_at) AS received_at,
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
                e.received_at AS received_at,
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
                if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) AS customer_id,
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
                (SELECT actor FROM seen_customers WHERE site = {site:String} AND customer_id IN {customers:Array(String)})
            AND if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) IN {customers:Array(String)}
        )
        GROUP BY customer_id
    ),
    scored AS
    (
        SELECT
            r.customer_id AS customer_id,
            arraySort(groupArray((toString(r.score), r.raw_value, r.floor, r.ceiling, r.half_life_s, r.updated_at))) AS scored,
            mapSort(mapFromArrays(groupArray(toString(r.score)), groupArray(toString(r.band)))) AS bands,
            argMax(toString(r.stage), r.updated_at) AS stage,
            argMaxIf(r.updated_at, r.updated_at, score = 'interests') AS interested_at,
            argMaxIf(r.half_life_s, r.updated_at, score = 'interests') AS interest_half_life_s,
            argMaxIf(mapFromArrays(r.reasons.rule, r.reasons.points), r.updated_at, score = 'interests') AS interests
        FROM scores_raw AS r FINAL
        WHERE r.site = {site:String} AND r.subject IN (SELECT concat('c:', arrayJoin({customers:Array(String)}))) AND r.customer_id IN {customers:Array(String)}
        GROUP BY customer_id
    )
SELECT
    {site:String} AS site,
    c.customer_id AS customer_id,
    a.events = 0 AS is_deleted,
    a.first_seen AS first_seen,
    a.last_seen AS last_seen,
    if(a.events = 0, now64(3), a.received_at) AS received_at,
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
    s.bands AS bands,
    arrayFold(
        (held, choice) -> mapUpdate(
            if(choice.5[1] = 'all', mapFilter((topic, opt) -> NOT endsWith(topic, concat('/', choice.5[2])), held), held),
            map(concat(choice.5[1], '/', choice.5[2]), choice.5[3])),
        a.stated,
        CAST(map(), 'Map(String, String)')) AS preferences,
    a.consent AS consent,
    a.traits AS traits,
    s.scored.1 AS `scored.score`,
    s.scored.2 AS `scored.raw_value`,
    s.scored.3 AS `scored.floor`,
    s.scored.4 AS `scored.ceiling`,
    s.scored.5 AS `scored.half_life_s`,
    s.scored.6 AS `scored.updated_at`,
    s.interested_at AS interested_at,
    s.interest_half_life_s AS interest_half_life_s,
    s.interests AS interests
FROM (SELECT arrayJoin({customers:Array(String)}) AS customer_id) AS c
LEFT ANY JOIN activity AS a ON a.customer_id = c.customer_id
LEFT ANY JOIN scored AS s ON s.customer_id = c.customer_id
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- Scores and interests as they are now: decayed, clamped, 0 when smaller than 0.01 (docs/semantics.md, section 6).
CREATE OR REPLACE VIEW customers ${ON_CLUSTER} AS
WITH
    toUnixTimestamp64Milli(now64(3)) AS at_ms,
    arrayMap(
        (raw, least_, most, half_life_s, updated) -> least(greatest(
            raw * if(half_life_s > 0, exp2(-greatest(0, at_ms - toUnixTimestamp64Milli(updated)) / 1000 / half_life_s), 1), least_), most),
        c.scored.raw_value, c.scored.floor, c.scored.ceiling, c.scored.half_life_s, c.scored.updated_at) AS clamped,
    if(c.interest_half_life_s > 0, exp2(-greatest(0, at_ms - toUnixTimestamp64Milli(c.interested_at)) / 1000 / c.interest_half_life_s), 1) AS decay
SELECT
    c.site AS site,
    c.customer_id AS customer_id,
    c.first_seen AS first_seen,
    c.last_seen AS last_seen,
    c.visitors AS visitors,
    c.sessions AS sessions,
    c.events AS events,
    c.page_views AS page_views,
    c.channels AS channels,
    c.first_channel AS first_channel,
    c.last_channel AS last_channel,
    c.orders AS orders,
    c.value AS value,
    c.stage AS stage,
    mapFromArrays(CAST(c.scored.score, 'Array(String)'), arrayMap(one -> if(abs(one) < 0.01, 0, one), clamped)) AS scores,
    c.bands AS bands,
    mapFilter((category, points) -> points > 0, mapApply((category, points) -> (category, round(points * decay, 2)), c.interests)) AS interests,
    c.preferences AS preferences,
    c.consent AS consent,
    c.traits AS traits
FROM customers_raw AS c FINAL;

-- The row of one customer.
CREATE OR REPLACE VIEW customer ${ON_CLUSTER} AS
SELECT * FROM customers WHERE site = {site:String} AND customer_id = {customer:String};

-- What links, merges, labels and verdicts make of each event, as `resolved_events` says it: `fresh` is what `corrected` must be.
CREATE OR REPLACE VIEW corrected_events ${ON_CLUSTER} AS
WITH
    e.visitor_id = '' OR e.version >= 281474976710656 AS settled,
    if(settled OR e.session_id != '', e.session_id, j.session_id) AS published,
    if(s.superseded_by != '', s.superseded_by, published) AS shown_session,
    if(indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)), l.traffic, e.traffic) AS labelled,
    toString(if(j.email_label != '', j.email_label, e.email_label)) AS shown_label,
    multiIf(
        e.kind IN ('email_bounce', 'email_complaint'), '',
        startsWith(shown_label, 'machine_'), ', by a machine',
        shown_label = 'proxied', ', by a mail proxy',
        ''
    ) AS by_whom,
    [
        shown_session,
        toString(if(j.email_label != '', j.traffic, labelled)),
        shown_label,
        if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id)
    ] AS found
SELECT
    e.site AS site,
    e.actor AS actor,
    e.event_time AS event_time,
    e.event_id AS event_id,
    e.corrected AS corrected,
    if(found = [e.session_id, toString(e.traffic), toString(e.email_label), e.customer_id], [], arrayPushBack(found, concat(if(e.email_label = '', e.sentence, replaceRegexpOne(e.sentence, ', by a (machine|mail proxy)$', '')), by_whom))) AS fresh
FROM events_raw AS e FINAL
LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id, email_label, traffic FROM event_overrides FINAL) AS j
    ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
    ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(settled, '', published)
LEFT ANY JOIN (SELECT site, visitor_id, session_id, traffic FROM session_labels FINAL) AS l
    ON l.site = e.site AND l.visitor_id = e.actor AND l.session_id = shown_session
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- Everything one customer did, all visitors stitched, in the one order (docs/semantics.md, section 1). It joins nothing: to plan a join takes
-- longer than to read a footprint, so what was corrected stands beside what the event says.
CREATE OR REPLACE VIEW timeline ${ON_CLUSTER} AS
WITH notEmpty(e.corrected) AS changed
SELECT
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    if(changed, e.corrected[5], e.sentence) AS sentence,
    e.channel AS channel,
    e.url_path AS url_path,
    e.title AS title,
    e.value AS value,
    e.currency AS currency,
    e.engaged_ms AS engaged_ms,
    if(changed, e.corrected[2], e.traffic) AS traffic,
    e.visitor_id AS visitor_id,
    {customer:String} AS customer_id,
    if(changed, e.corrected[1], e.session_id) AS session_id,
    e.pageview_id AS pageview_id,
    e.seq AS seq,
    e.event_id AS event_id,
    e.props AS props,
    if(changed, e.corrected[3], e.email_label) AS email_label
FROM events_raw AS e FINAL
WHERE e.site = {site:String}
    AND e.actor IN (SELECT actor FROM seen_customers WHERE site = {site:String} AND customer_id = {customer:String})
    AND if(changed, e.corrected[4], e.customer_id) = {customer:String}
ORDER BY event_time, pageview_id, seq, event_id
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1;

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
