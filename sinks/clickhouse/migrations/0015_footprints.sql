-- Footprints, quicker: the same rows by shorter ways (docs/decisions/0012).
-- A merge makes one file of a part until it holds about ten million events: a footprint reads few rows of many columns from every part, and
-- opening a column costs more than reading it. A quarter in which nothing is stored any more becomes one part.
ALTER TABLE events_raw ${ON_CLUSTER} MODIFY SETTING
    min_bytes_for_wide_part = 10737418240, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- A view beside a join is planned twice, with all that is around it: so links are read from their table in what is asked often.
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
LEFT ANY JOIN (SELECT cityHash64(site, visitor_id) AS visitor_key, cityHash64(site, customer_id) AS customer_key FROM identities_raw FINAL) AS i
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

-- The beginning, the middle and the end of a sentence are each looked up: branches cost more to plan than to compute.
CREATE OR REPLACE VIEW timeline ${ON_CLUSTER} AS
WITH
    ['page_view', 'click', 'engagement', 'form_start', 'form_submit', 'form_abandon', 'chat_start', 'chat_message', 'chat_end', 'purchase', 'refund', 'preference', 'consent',
     'email_sent', 'email_delivered', 'email_open', 'email_click', 'email_bounce', 'email_complaint', 'email_unsubscribe', 'identify', 'alias', 'group'] AS kinds,
    toString(if(j.email_label != '', j.email_label, e.email_label)) AS label,
    multiIf(e.url_path != '', toString(e.url_path), e.url != '', e.url, '?') AS page,
    ifNull(toString(e.props.form), '') AS form,
    concat(
        transform(toString(e.kind), kinds, [
            'viewed ', 'clicked ', 'spent ', 'began ', 'sent ', 'left ', 'opened the chat', 'wrote in the chat', 'ended the chat', 'bought for ', 'was refunded ', 'opted ', 'gave consent: ',
             'was sent the e-mail', 'received the e-mail', 'opened the e-mail', 'clicked in the e-mail', 'did not get the e-mail', 'reported the e-mail',
             'unsubscribed by the e-mail', 'was identified as ', 'was recognised: ', 'joined the group '],
            'did "'
        ),
        [
            concat(page, if(e.title != '', concat(' "', e.title, '"'), '')),
            concat(if(e.name != '', e.name, 'a link'), ' on ', page),
            concat(toString(round(e.engaged_ms / 1000)), ' s on ', page),
            concat(if(form != '', concat('the form ', form), 'a form'), ' on ', page),
            '',
            concat(toString(e.value), if(e.currency != '', ' ', ''), e.currency),
            concat(ifNull(toString(e.props.opt), '?'), ' for ', ifNull(toString(e.props.topic), '?'), ' by ', ifNull(toString(e.props.channel), '?')),
            e.consent,
            if(e.message_id != '', concat(' "', e.message_id, '"'), ''),
            {customer:String},
            concat(e.previous_id, ' is ', {customer:String}),
            e.group_id,
            concat(e.name, '"', if(e.url_path != '', concat(' on ', e.url_path), ''))
        ][transform(toString(e.kind), kinds, [1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 10, 11, 12], 13)],
        multiIf(
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
LEFT ANY JOIN (SELECT site, visitor_id, customer_id FROM identities_raw FINAL) AS i ON i.site = e.site AND i.visitor_id = e.actor
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
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';

CREATE OR REPLACE VIEW customer ${ON_CLUSTER} AS
WITH
    arrayMap(said -> (if(said.5 = '', 'all', said.5), if(said.6 = '', 'email', said.6), said.7), a.stated) AS choices,
    arrayFilter(
        (choice, place) -> choice.1 = 'all' OR NOT arrayExists(later -> later.1 = 'all' AND later.2 = choice.2, arraySlice(choices, place)),
        choices,
        arrayEnumerate(choices)) AS standing,
    arrayDistinct(arrayMap(choice -> concat(choice.1, '/', choice.2), standing)) AS topics,
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
                    if(kind = 'preference', substringUTF8(trimBoth(ifNull(props.topic.:String, '')), 1, 100), ''),
                    if(kind = 'preference', substringUTF8(trimBoth(ifNull(props.channel.:String, '')), 1, 100), ''),
                    if(kind = 'preference', ifNull(props.opt.:String, ''), 'out')),
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
    mapFromArrays(topics, arrayMap(topic -> arrayLast(choice -> concat(choice.1, '/', choice.2) = topic, standing).3, topics)) AS preferences,
    a.consent AS consent,
    a.traits AS traits
FROM activity AS a
CROSS JOIN scored AS s
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, join_algorithm = 'hash';
