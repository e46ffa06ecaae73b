-- A session's label stands for its events too, where it is worse than their own. Small: only sessions whose events differ stand here.
ALTER TABLE ingest_sessions ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS traffic_reasons Array(String),
    ADD COLUMN IF NOT EXISTS relabelled Bool;

CREATE TABLE IF NOT EXISTS session_labels ${ON_CLUSTER}
(
    site LowCardinality(String),
    visitor_id String,
    session_id String,
    traffic LowCardinality(String),
    traffic_reasons Array(String),
    version UInt64
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version)
ORDER BY (site, visitor_id, session_id)
SETTINGS ${DEDUP};

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_sessions_labels ${ON_CLUSTER} TO session_labels AS
SELECT site, visitor_id, session_id, traffic, traffic_reasons, version
FROM ingest_sessions AS i
WHERE relabelled AND status != 'superseded';

-- Filters on site, actor and times reach events_raw: they are columns of the left side of joins. A rebuilt row (a correction) names its session itself.
CREATE OR REPLACE VIEW sessioned_events ${ON_CLUSTER} AS
SELECT
    e.actor AS actor,
    e.version AS version,
    e.event_id AS event_id,
    e.site AS site,
    e.visitor_id AS visitor_id,
    if(i.customer_id != '', i.customer_id, e.customer_id) AS customer_id,
    multiIf(e.version >= 281474976710656, e.session_id, s.survivor != '', s.survivor, e.session_id != '', e.session_id, j.session_id) AS session_id,
    e.kind AS kind,
    e.name AS name,
    e.event_time AS event_time,
    e.created_at AS created_at,
    e.sent_at AS sent_at,
    e.received_at AS received_at,
    e.ts_source AS ts_source,
    e.skew_ms AS skew_ms,
    e.url AS url,
    e.url_host AS url_host,
    e.url_path AS url_path,
    e.title AS title,
    e.referrer AS referrer,
    e.referrer_class AS referrer_class,
    e.utm_source AS utm_source,
    e.utm_medium AS utm_medium,
    e.utm_campaign AS utm_campaign,
    e.utm_term AS utm_term,
    e.utm_content AS utm_content,
    e.click_id AS click_id,
    e.channel AS channel,
    e.browser AS browser,
    e.os AS os,
    e.device AS device,
    e.country AS country,
    e.language AS language,
    e.screen_width AS screen_width,
    e.screen_height AS screen_height,
    e.traffic AS traffic,
    e.traffic_reasons AS traffic_reasons,
    e.historical AS historical,
    e.consent AS consent,
    e.pageview_id AS pageview_id,
    e.seq AS seq,
    e.engaged_ms AS engaged_ms,
    e.scroll_pct AS scroll_pct,
    e.value AS value,
    e.currency AS currency,
    e.props AS props,
    e.traits AS traits,
    e.message_id AS message_id,
    e.previous_id AS previous_id,
    e.group_id AS group_id,
    e.library AS library
FROM events_raw AS e FINAL
LEFT ANY JOIN linked_visitors AS i ON i.site = e.site AND i.visitor_id = e.visitor_id
LEFT ANY JOIN surviving_sessions AS s ON s.site = e.site AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
LEFT ANY JOIN joined_events AS j ON j.site = e.site AND j.visitor_id = e.visitor_id AND j.event_id = e.event_id
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW resolved_events ${ON_CLUSTER} AS
WITH indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)) AS imposed
SELECT e.* REPLACE
(
    if(imposed, l.traffic, e.traffic) AS traffic,
    if(imposed, arrayConcat(e.traffic_reasons, if(empty(l.traffic_reasons), ['session'], l.traffic_reasons)), e.traffic_reasons) AS traffic_reasons
)
FROM sessioned_events AS e
LEFT ANY JOIN (SELECT * FROM session_labels FINAL) AS l
    ON l.site = e.site AND l.visitor_id = e.visitor_id AND l.session_id = e.session_id;
