-- Views: what analysts read. Every one is safe against copies (FINAL), and shows the latest session, customer and labels.

CREATE OR REPLACE VIEW linked_visitors ${ON_CLUSTER} AS
SELECT site, visitor_id, customer_id, linked_at FROM identities_raw FINAL;

-- Events with the customer of the visitor's link, and with the session that survived: an event without one may have joined one later
-- (event_overrides), and a session may have become another (session_overrides: a correction names every former id anew, so one step is
-- enough). A rebuilt row (a correction, from version 2^48 on) names its session itself. Joined by actor, so that a filter on it, like
-- those on site and times, reaches events_raw and the right sides alike; an event without a visitor has nothing to look up.
CREATE OR REPLACE VIEW sessioned_events ${ON_CLUSTER} AS
SELECT
    e.actor AS actor,
    e.version AS version,
    e.event_id AS event_id,
    e.site AS site,
    e.visitor_id AS visitor_id,
    if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) AS customer_id,
    multiIf(e.visitor_id = '' OR e.version >= 281474976710656, e.session_id, s.superseded_by != '', s.superseded_by, e.session_id != '', e.session_id, j.session_id) AS session_id,
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
    if(j.email_label != '', j.traffic, e.traffic) AS traffic,
    if(j.email_label != '', j.traffic_reasons, e.traffic_reasons) AS traffic_reasons,
    if(j.email_label != '', j.email_label, e.email_label) AS email_label,
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
LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id, email_label, traffic, traffic_reasons FROM event_overrides FINAL) AS j
    ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
    ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(e.session_id != '', e.session_id, j.session_id)
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1;

-- With the label of the session, where that is worse than the event's own.
CREATE OR REPLACE VIEW resolved_events ${ON_CLUSTER} AS
WITH indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)) AS imposed
SELECT e.* REPLACE
(
    if(imposed, l.traffic, e.traffic) AS traffic,
    if(imposed, arrayConcat(e.traffic_reasons, if(empty(l.traffic_reasons), ['session'], l.traffic_reasons)), e.traffic_reasons) AS traffic_reasons
)
FROM sessioned_events AS e
LEFT ANY JOIN (SELECT * FROM session_labels FINAL) AS l
    ON l.site = e.site AND l.visitor_id = e.actor AND l.session_id = e.session_id;

CREATE OR REPLACE VIEW events ${ON_CLUSTER} AS
SELECT
    event_id, site, visitor_id, customer_id, session_id, kind, name, event_time, created_at, sent_at, received_at, ts_source, skew_ms,
    url, url_host, url_path, title, referrer, referrer_class, utm_source, utm_medium, utm_campaign, utm_term, utm_content, click_id, channel,
    browser, os, device, country, language, screen_width, screen_height, traffic, traffic_reasons, historical, consent, pageview_id, seq,
    engaged_ms, scroll_pct, value, currency, props, traits, message_id, previous_id, group_id, library, email_label
FROM resolved_events;

CREATE OR REPLACE VIEW events_human ${ON_CLUSTER} AS
SELECT * FROM events WHERE traffic = 'human';

CREATE OR REPLACE VIEW sessions ${ON_CLUSTER} AS
SELECT
    s.session_id AS session_id,
    s.site AS site,
    s.visitor_id AS visitor_id,
    if(i.customer_id != '', i.customer_id, s.customer_id) AS customer_id,
    s.started_at AS started_at,
    s.ended_at AS ended_at,
    s.closed AS closed,
    s.close_reason AS close_reason,
    s.events AS events,
    s.page_views AS page_views,
    s.clicks AS clicks,
    s.engaged_ms AS engaged_ms,
    s.span_ms AS span_ms,
    s.engaged AS engaged,
    s.bounced AS bounced,
    s.entry_path AS entry_path,
    s.exit_path AS exit_path,
    s.channel AS channel,
    s.utm_source AS utm_source,
    s.utm_medium AS utm_medium,
    s.utm_campaign AS utm_campaign,
    s.country AS country,
    s.device AS device,
    s.traffic AS traffic,
    s.value AS value
FROM sessions_raw AS s FINAL
LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = s.site AND i.visitor_id = s.visitor_id
WHERE s.status != 'superseded';

CREATE OR REPLACE VIEW sessions_human ${ON_CLUSTER} AS
SELECT * FROM sessions WHERE traffic = 'human';

-- Shown value: decayed to now, clamped, and 0 when smaller than 0.01 (docs/semantics.md, section 6).
CREATE OR REPLACE VIEW scores ${ON_CLUSTER} AS
WITH
    greatest(0, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(r.updated_at)) / 1000 AS age_s,
    least(greatest(r.raw_value * if(r.half_life_s > 0, exp2(-age_s / r.half_life_s), 1), r.floor), r.ceiling) AS clamped
SELECT
    r.site AS site,
    r.subject AS subject,
    r.customer_id AS customer_id,
    r.visitor_id AS visitor_id,
    r.score AS score,
    if(abs(clamped) < 0.01, 0, clamped) AS value,
    r.band AS band,
    r.stage AS stage,
    r.model_version AS model_version,
    r.half_life_s AS half_life_s,
    r.reasons AS reasons,
    r.updated_at AS updated_at
FROM scores_raw AS r FINAL;

CREATE OR REPLACE VIEW score_changes ${ON_CLUSTER} AS
SELECT
    site, subject, score, rule, model_version, event_id, event_time, points, before, after, band_before, band_after, reason, at
FROM score_changes_raw FINAL;

CREATE OR REPLACE VIEW signals ${ON_CLUSTER} AS
SELECT signal_id, site, subject, trigger, version, event_id, fired_at, status, reason, payload, customer_id, visitor_id, at, revision
FROM signals_raw FINAL
WHERE status != 'withdrawn';

CREATE OR REPLACE VIEW identities ${ON_CLUSTER} AS
SELECT site, visitor_id, customer_id, linked_at FROM linked_visitors;

CREATE OR REPLACE VIEW rejected ${ON_CLUSTER} AS
SELECT site, stage, reason, message, event_id, received_at, original FROM rejected_raw FINAL;
