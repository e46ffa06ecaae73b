-- Hits of e-mails have labels of their own, and later verdicts correct them (docs/decisions/0015). A label stands on its event; a correction
-- stands where sessions that an event joined later stand too, so that no view needs another join for it: a hit of an e-mail joins no session.
-- There visitor_id is whose footprint the event is, as in events_raw: the visitor, or else the customer.
ALTER TABLE ingest_tracked ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS email_label String,
    ADD COLUMN IF NOT EXISTS revision UInt64;

ALTER TABLE events_raw ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS email_label LowCardinality(String);

ALTER TABLE ingest_tracked_events ${ON_CLUSTER} MODIFY QUERY
SELECT
    site,
    if(visitor_id != '', visitor_id, customer_id) AS actor,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.event_time, 0), 4.1024448e12)), 'UTC') AS event_time,
    event_id,
    281474976710655 - toUInt64(least(greatest(i.received_at, 0), 4.1024448e12)) AS version,
    visitor_id,
    customer_id,
    session_id,
    kind,
    name,
    if(isNull(i.created_at), NULL, fromUnixTimestamp64Milli(toInt64(least(greatest(assumeNotNull(i.created_at), 0), 4.1024448e12)), 'UTC')) AS created_at,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.sent_at, 0), 4.1024448e12)), 'UTC') AS sent_at,
    fromUnixTimestamp64Milli(toInt64(least(greatest(i.received_at, 0), 4.1024448e12)), 'UTC') AS received_at,
    ts_source,
    toInt64(least(greatest(i.skew_ms, -4.1024448e12), 4.1024448e12)) AS skew_ms,
    historical,
    url, url_host, url_path, title, referrer, referrer_class,
    utm_source, utm_medium, utm_campaign, utm_term, utm_content, click_id, channel,
    user_agent, browser, os, device, ip, country, language,
    toUInt16(least(greatest(i.screen_width, 0), 65535)) AS screen_width,
    toUInt16(least(greatest(i.screen_height, 0), 65535)) AS screen_height,
    traffic, traffic_reasons, email_label, consent, pageview_id,
    toUInt32(least(greatest(i.seq, 0), 4294967295)) AS seq,
    toUInt32(least(greatest(i.engaged_ms, 0), 4294967295)) AS engaged_ms,
    toUInt8(least(greatest(i.scroll_pct, 0), 100)) AS scroll_pct,
    value, currency, message_id, previous_id, group_id, library, traits, props
FROM ingest_tracked AS i
WHERE control = '';

ALTER TABLE event_overrides ${ON_CLUSTER}
    ADD COLUMN IF NOT EXISTS customer_id String,
    ADD COLUMN IF NOT EXISTS email_label LowCardinality(String),
    ADD COLUMN IF NOT EXISTS traffic LowCardinality(String),
    ADD COLUMN IF NOT EXISTS traffic_reasons Array(LowCardinality(String));

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_tracked_verdicts ${ON_CLUSTER} TO event_overrides AS
SELECT
    i.site AS site,
    if(i.visitor_id != '', i.visitor_id, i.customer_id) AS visitor_id,
    i.customer_id AS customer_id,
    i.event_id AS event_id,
    '' AS session_id,
    i.revision AS version,
    i.email_label AS email_label,
    i.traffic AS traffic,
    i.traffic_reasons AS traffic_reasons
FROM ingest_tracked AS i
WHERE control = 'verdict' AND i.email_label != '';

-- As before, with the labels.
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
LEFT ANY JOIN linked_visitors AS i ON i.site = e.site AND i.visitor_id = e.actor
LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id, email_label, traffic, traffic_reasons FROM event_overrides FINAL) AS j
    ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
    ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(e.session_id != '', e.session_id, j.session_id)
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1;

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

CREATE OR REPLACE VIEW events_by_time ${ON_CLUSTER} AS
WITH
    if(e.session_key != 0 OR e.version >= 281474976710656, e.session_key, j.session_key) AS published,
    if(e.version < 281474976710656 AND s.survivor_key != 0, s.survivor_key, published) AS shown
SELECT
    e.site AS site,
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    multiIf(i.customer_key != 0, i.customer_key, e.customer_id != '', cityHash64(e.site, e.customer_id), e.visitor_key) AS person,
    e.visitor_key AS visitor,
    shown AS session,
    e.pageview_key AS pageview,
    e.url_host AS url_host,
    e.url_path AS url_path,
    e.channel AS channel,
    multiIf(
        j.email_label != '', j.traffic,
        indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)), l.traffic,
        e.traffic
    ) AS traffic,
    e.engaged_ms AS engaged_ms,
    e.scroll_pct AS scroll_pct,
    e.value AS value,
    e.currency AS currency
FROM events_by_time_raw AS e FINAL
LEFT ANY JOIN (SELECT cityHash64(site, visitor_id) AS visitor_key, cityHash64(site, customer_id) AS customer_key FROM linked_visitors) AS i
    ON i.visitor_key = e.visitor_key
LEFT ANY JOIN
(
    SELECT
        cityHash64(site, visitor_id, event_id) AS event_key,
        if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session_key,
        email_label,
        traffic
    FROM event_overrides FINAL
) AS j
    ON j.event_key = e.event_key
LEFT ANY JOIN
(
    SELECT cityHash64(site, visitor_id, session_id) AS session_key, cityHash64(site, visitor_id, superseded_by) AS survivor_key
    FROM session_overrides FINAL
) AS s
    ON s.session_key = if(e.session_key != 0, e.session_key, j.session_key)
LEFT ANY JOIN (SELECT cityHash64(site, visitor_id, session_id) AS session_key, traffic FROM session_labels FINAL) AS l
    ON l.session_key = shown
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1;

CREATE OR REPLACE VIEW events_human ${ON_CLUSTER} AS
SELECT * FROM events WHERE traffic = 'human';

-- What a machine did is told as such.
CREATE OR REPLACE VIEW timeline ${ON_CLUSTER} AS
WITH
    multiIf(e.url_path != '', toString(e.url_path), e.url != '', e.url, '?') AS page,
    ifNull(toString(e.props.form), '') AS form,
    toString(if(j.email_label != '', j.email_label, e.email_label)) AS label,
    concat(
        multiIf(
            e.kind = 'click', concat('clicked ', if(e.name != '', e.name, 'a link'), ' on '),
            e.kind = 'engagement', concat('spent ', toString(round(e.engaged_ms / 1000)), ' s on '),
            transform(
                toString(e.kind),
                ['page_view', 'form_start', 'form_submit', 'form_abandon', 'chat_start', 'chat_message', 'chat_end', 'purchase', 'refund', 'preference', 'consent',
                 'email_sent', 'email_delivered', 'email_open', 'email_click', 'email_bounce', 'email_complaint', 'email_unsubscribe', 'identify', 'alias', 'group'],
                ['viewed ', 'began ', 'sent ', 'left ', 'opened the chat', 'wrote in the chat', 'ended the chat', 'bought for ', 'was refunded ', 'opted ', 'gave consent: ',
                 'was sent the e-mail', 'received the e-mail', 'opened the e-mail', 'clicked in the e-mail', 'did not get the e-mail', 'reported the e-mail',
                 'unsubscribed by the e-mail', 'was identified as ', 'was recognised: ', 'joined the group '],
                concat('did "', e.name, '"')
            )
        ),
        multiIf(
            e.kind IN ('page_view', 'click', 'engagement'), page,
            startsWith(e.kind, 'form_'), if(form != '', concat('the form ', form, ' on ', page), concat('a form on ', page)),
            startsWith(e.kind, 'email_'), if(e.message_id != '', concat(' "', e.message_id, '"'), ''),
            e.kind IN ('purchase', 'refund'), concat(toString(e.value), if(e.currency != '', ' ', ''), e.currency),
            e.kind = 'preference', concat(ifNull(toString(e.props.opt), '?'), ' for ', ifNull(toString(e.props.topic), '?'), ' by ', ifNull(toString(e.props.channel), '?')),
            e.kind = 'consent', toString(e.consent),
            e.kind = 'identify', {customer:String},
            e.kind = 'alias', concat(e.previous_id, ' is ', {customer:String}),
            e.kind = 'group', e.group_id,
            startsWith(e.kind, 'chat_') OR e.url_path = '', '',
            concat(' on ', e.url_path)
        ),
        multiIf(
            e.kind = 'page_view' AND e.title != '', concat(' "', e.title, '"'),
            e.kind = 'email_bounce', ': it bounced',
            e.kind = 'email_complaint', ' as spam',
            startsWith(label, 'machine_'), ', by a machine',
            label = 'proxied', ', by a mail proxy',
            ''
        )
    ) AS sentence
SELECT
    e.event_time AS event_time,
    e.kind AS kind,
    e.name AS name,
    sentence,
    e.channel AS channel,
    e.url_path AS url_path,
    e.title AS title,
    e.value AS value,
    e.currency AS currency,
    e.engaged_ms AS engaged_ms,
    if(j.email_label != '', j.traffic, if(indexOf(['human', 'suspect', 'bot'], toString(l.traffic)) > indexOf(['human', 'suspect', 'bot'], toString(e.traffic)), l.traffic, e.traffic)) AS traffic,
    e.visitor_id AS visitor_id,
    {customer:String} AS customer_id,
    multiIf(
        e.visitor_id = '' OR e.version >= 281474976710656, e.session_id, s.superseded_by != '', s.superseded_by, e.session_id != '', e.session_id, j.session_id
    ) AS session_id,
    e.pageview_id AS pageview_id,
    e.seq AS seq,
    e.event_id AS event_id,
    e.props AS props,
    label AS email_label
FROM events_raw AS e FINAL
LEFT ANY JOIN linked_visitors AS i ON i.site = e.site AND i.visitor_id = e.actor
LEFT ANY JOIN (SELECT site, visitor_id, event_id, session_id, email_label, traffic FROM event_overrides FINAL) AS j
    ON j.site = e.site AND j.visitor_id = e.actor AND j.event_id = e.event_id
LEFT ANY JOIN (SELECT site, visitor_id, session_id, superseded_by FROM session_overrides FINAL) AS s
    ON s.site = e.site AND s.visitor_id = e.actor AND s.session_id = if(e.session_id != '', e.session_id, j.session_id)
LEFT ANY JOIN (SELECT site, visitor_id, session_id, traffic FROM session_labels FINAL) AS l
    ON l.site = e.site AND l.visitor_id = e.actor AND l.session_id = multiIf(
        e.visitor_id = '' OR e.version >= 281474976710656, e.session_id, s.superseded_by != '', s.superseded_by, e.session_id != '', e.session_id, j.session_id)
WHERE e.site = {site:String} AND e.actor IN
(
    SELECT visitor_id FROM seen_customers WHERE site = {site:String} AND customer_id = {customer:String}
    UNION ALL
    SELECT {customer:String}
)
AND if(e.visitor_id != '' AND i.customer_id != '', i.customer_id, e.customer_id) = {customer:String}
ORDER BY event_time, pageview_id, seq, event_id
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1;
