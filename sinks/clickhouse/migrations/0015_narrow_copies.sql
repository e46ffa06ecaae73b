-- A narrow copy of the events that are looked at one kind at a time: all but page views, clicks, engagement and events of the caller's own, which
-- are nine of ten. With what an e-mail event says of its letter, so that a campaign is counted without `events_raw`.
-- As events_by_time_raw it is fed by events_raw, has its versions, and holds ids as hashes; the same one of several copies stands. A copy under
-- the same id and time that says another kind is a sender's mistake: where one of the kinds is left out here, the other one stays.
CREATE TABLE IF NOT EXISTS notable_events_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    event_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_key UInt64,
    version UInt64,
    is_deleted UInt8,
    kind LowCardinality(String),
    visitor_key UInt64,
    customer_key UInt64,
    session_key UInt64,
    message_id String,
    campaign LowCardinality(String),
    link_campaign LowCardinality(String),
    opt LowCardinality(String),
    email_label LowCardinality(String),
    traffic LowCardinality(String),
    traffic_reasons Array(LowCardinality(String)),
    value Float64,
    currency LowCardinality(String),
    received_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
PARTITION BY toStartOfQuarter(event_time)
ORDER BY (site, event_time, event_key)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS events_raw_notable ${ON_CLUSTER} TO notable_events_raw AS
SELECT
    site,
    event_time,
    cityHash64(site, actor, event_id) AS event_key,
    version,
    is_deleted,
    kind,
    if(visitor_id = '', 0, cityHash64(site, visitor_id)) AS visitor_key,
    if(customer_id = '', 0, cityHash64(site, customer_id)) AS customer_key,
    if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session_key,
    message_id,
    ifNull(toString(e.props.campaign), '') AS campaign,
    extractURLParameter(ifNull(toString(e.props.url), ''), 'utm_campaign') AS link_campaign,
    ifNull(toString(e.props.opt), '') AS opt,
    email_label,
    traffic,
    traffic_reasons,
    value,
    currency,
    toDateTime(received_at) AS received_at
FROM events_raw AS e
WHERE kind NOT IN ('page_view', 'click', 'engagement', 'custom') AND empty(e.corrected);

-- What `events` says of these kinds, in numbers: person is the customer where known, else the visitor; 0 is none.
CREATE OR REPLACE VIEW notable_events ${ON_CLUSTER} AS
WITH
    if(e.visitor_key = 0 OR e.session_key != 0 OR e.version >= 281474976710656, e.session_key, j.session_key) AS published,
    if(e.version < 281474976710656 AND s.survivor_key != 0, s.survivor_key, published) AS shown,
    if(j.email_label != '', j.traffic, e.traffic) AS own,
    if(j.email_label != '', j.traffic_reasons, e.traffic_reasons) AS own_reasons,
    indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(own)) AS imposed
SELECT
    e.site AS site,
    e.event_time AS event_time,
    e.kind AS kind,
    multiIf(i.customer_key != 0, i.customer_key, e.customer_key != 0, e.customer_key, e.visitor_key) AS person,
    e.visitor_key AS visitor,
    shown AS session,
    e.message_id AS message_id,
    e.campaign AS campaign,
    e.link_campaign AS link_campaign,
    e.opt AS opt,
    if(j.email_label != '', j.email_label, e.email_label) AS email_label,
    if(imposed, l.traffic, own) AS traffic,
    if(imposed, arrayConcat(own_reasons, if(empty(l.traffic_reasons), ['session'], l.traffic_reasons)), own_reasons) AS traffic_reasons,
    e.value AS value,
    e.currency AS currency
FROM notable_events_raw AS e FINAL
LEFT ANY JOIN
(
    SELECT
        cityHash64(site, visitor_id, event_id) AS event_key,
        if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session_key,
        email_label,
        traffic,
        traffic_reasons
    FROM event_overrides FINAL
) AS j
    ON j.event_key = e.event_key
LEFT ANY JOIN
(
    SELECT cityHash64(site, visitor_id, session_id) AS session_key, cityHash64(site, visitor_id, superseded_by) AS survivor_key
    FROM session_overrides FINAL
) AS s
    ON s.session_key = if(e.visitor_key = 0 OR e.session_key != 0, e.session_key, j.session_key)
LEFT ANY JOIN (SELECT cityHash64(site, visitor_id, session_id) AS session_key, traffic, traffic_reasons FROM session_labels FINAL) AS l
    ON l.session_key = shown
LEFT ANY JOIN (SELECT visitor_key, customer_key FROM identities_by_key_raw FINAL) AS i
    ON i.visitor_key = e.visitor_key
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

-- What became of each e-mail: everybody counts once an e-mail, by the best that is known of what they did. `readers` are those of them who clicked, as people.
CREATE OR REPLACE VIEW counted_emails ${ON_CLUSTER} AS
WITH ['machine_certain', 'machine_probable', 'proxied', 'unknown', 'human'] AS labels
SELECT
    message_id,
    if(max(named) != '', max(named), max(linked)) AS campaign,
    sum(is_sent) AS sent,
    sum(is_delivered) AS delivered,
    sum(is_bounced) AS bounced,
    countIf(opened = 5) AS opened_people,
    countIf(opened = 4) AS opened_unknown,
    countIf(opened = 3) AS opened_proxied,
    countIf(opened IN (1, 2)) AS opened_machines,
    countIf(clicked = 5) AS clicked_people,
    countIf(clicked = 4) AS clicked_unknown,
    countIf(clicked = 3) AS clicked_proxied,
    countIf(clicked IN (1, 2)) AS clicked_machines,
    sum(has_left) AS unsubscribed,
    sum(has_complained) AS complained,
    arraySort(groupUniqArrayIf(person, clicked = 5)) AS readers
FROM
(
    SELECT
        message_id,
        person,
        max(campaign) AS named,
        max(link_campaign) AS linked,
        max(kind = 'email_sent') AS is_sent,
        max(kind = 'email_delivered') AS is_delivered,
        max(kind = 'email_bounce') AS is_bounced,
        maxIf(indexOf(labels, if(email_label = '', 'unknown', toString(email_label))), kind IN ('email_open', 'email_click')) AS opened,
        maxIf(indexOf(labels, if(email_label = '', 'unknown', toString(email_label))), kind = 'email_click') AS clicked,
        max(kind = 'email_unsubscribe' OR kind = 'preference' AND opt = 'out') AS has_left,
        max(kind = 'email_complaint') AS has_complained
    FROM notable_events
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
        AND (startsWith(kind, 'email_') OR kind = 'preference') AND message_id != ''
    GROUP BY message_id, person
)
GROUP BY message_id;

-- Sessions in the order of time, for questions about a stretch of it: sessions_raw is sorted by visitor, so that every question reads all of it.
-- The start may move, by at most a day, and stands in the key here: the highest version of a session counts, wherever it stands.
CREATE TABLE IF NOT EXISTS sessions_by_time_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    session_key UInt64,
    version UInt64,
    visitor_key UInt64,
    customer_key UInt64,
    superseded Bool,
    channel LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    traffic LowCardinality(String),
    engaged Bool,
    bounced Bool,
    page_views UInt32,
    engaged_ms UInt64,
    value Float64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
PARTITION BY toStartOfQuarter(started_at)
ORDER BY (site, started_at, session_key)
SETTINGS ${DEDUP}, default_compression_codec = 'ZSTD(1)';

CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_raw_by_time ${ON_CLUSTER} TO sessions_by_time_raw AS
SELECT
    site,
    started_at,
    cityHash64(site, visitor_id, session_id) AS session_key,
    version,
    cityHash64(site, visitor_id) AS visitor_key,
    if(customer_id = '', 0, cityHash64(site, customer_id)) AS customer_key,
    status = 'superseded' AS superseded,
    channel, utm_source, utm_medium, utm_campaign, traffic, engaged, bounced, page_views, engaged_ms, value
FROM sessions_raw;

-- Records of sessions in numbers, several of one session: of those that start within a day of a stretch of time the highest version counts.
CREATE OR REPLACE VIEW session_versions ${ON_CLUSTER} AS
SELECT
    s.site AS site,
    s.started_at AS started_at,
    s.session_key AS session,
    s.version AS version,
    multiIf(i.customer_key != 0, i.customer_key, s.customer_key != 0, s.customer_key, s.visitor_key) AS person,
    s.superseded AS superseded,
    s.channel AS channel,
    s.traffic AS traffic,
    s.engaged AS engaged,
    s.bounced AS bounced,
    s.page_views AS page_views,
    s.engaged_ms AS engaged_ms,
    s.value AS value
FROM sessions_by_time_raw AS s
LEFT ANY JOIN (SELECT visitor_key, customer_key FROM identities_by_key_raw FINAL) AS i
    ON i.visitor_key = s.visitor_key
SETTINGS join_algorithm = 'hash';

-- Campaigns of a day, counted from the sessions that start on it.
CREATE OR REPLACE VIEW counted_campaigns ${ON_CLUSTER} AS
SELECT
    site,
    toDate(started_at) AS day,
    channel,
    utm_source,
    utm_medium,
    utm_campaign,
    traffic,
    count() AS sessions,
    uniqExact(visitor_key) AS visitors,
    countIf(engaged) AS engaged_sessions,
    sum(s.value) AS value
FROM
(
    SELECT *
    FROM sessions_by_time_raw
    WHERE site = {site:String} AND toDate(started_at) BETWEEN {day:Date} - 1 AND {day:Date} + 1
    ORDER BY version DESC
    LIMIT 1 BY site, session_key
) AS s
WHERE NOT superseded AND day = {day:Date}
GROUP BY site, day, channel, utm_source, utm_medium, utm_campaign, traffic;

-- Days that are counted ahead, and the others as `counted_campaigns` counts them: written out, for a view takes its parameters from a question alone.
CREATE OR REPLACE VIEW campaign_daily ${ON_CLUSTER} AS
SELECT site, day, channel, utm_source, utm_medium, utm_campaign, traffic, sessions, visitors, engaged_sessions, value
FROM campaign_daily_raw
WHERE (site, day, version) IN (SELECT site, day, counted FROM rollup_states WHERE good)
UNION ALL
SELECT
    site,
    toDate(started_at) AS day,
    channel,
    utm_source,
    utm_medium,
    utm_campaign,
    traffic,
    count() AS sessions,
    uniqExact(visitor_key) AS visitors,
    countIf(engaged) AS engaged_sessions,
    sum(s.value) AS value
FROM
(
    SELECT *
    FROM sessions_by_time_raw
    WHERE (site, toDate(started_at)) IN (SELECT site, arrayJoin([day - 1, day, day + 1]) FROM rollup_states WHERE NOT good)
    ORDER BY version DESC
    LIMIT 1 BY site, session_key
) AS s
WHERE NOT superseded AND (site, day) IN (SELECT site, day FROM rollup_states WHERE NOT good)
GROUP BY site, day, channel, utm_source, utm_medium, utm_campaign, traffic;
