-- Customers: one row a customer, and the two questions one asks about one: what did they do, and why that score.
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
            argMaxIf(toJSONString(traits), event_time, kind = 'identify') AS traits
        FROM events
        WHERE customer_id != ''
        GROUP BY site, customer_id
    ),
    stated AS
    (
        SELECT site, customer_id, mapFromArrays(groupArray(topic), groupArray(choice)) AS preferences
        FROM
        (
            SELECT
                site,
                customer_id,
                concat(ifNull(toString(props.topic), ''), '/', ifNull(toString(props.channel), '')) AS topic,
                argMax(ifNull(toString(props.opt), ''), event_time) AS choice
            FROM events
            WHERE kind = 'preference' AND customer_id != ''
            GROUP BY site, customer_id, topic
        )
        GROUP BY site, customer_id
    ),
    scored AS
    (
        SELECT
            site,
            customer_id,
            mapFromArrays(groupArray(toString(score)), groupArray(value)) AS scores,
            mapFromArrays(groupArray(toString(score)), groupArray(toString(band))) AS bands,
            argMax(toString(stage), updated_at) AS stage
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
    p.preferences AS preferences,
    a.consent AS consent,
    a.traits AS traits
FROM activity AS a
LEFT ANY JOIN scored AS s ON s.site = a.site AND s.customer_id = a.customer_id
LEFT ANY JOIN stated AS p ON p.site = a.site AND p.customer_id = a.customer_id;

-- Everything one customer did, all visitors stitched, in the one order (docs/semantics.md, section 1).
CREATE OR REPLACE VIEW timeline ${ON_CLUSTER} AS
WITH
    multiIf(url_path != '', url_path, url != '', url, '?') AS page,
    if(message_id != '', concat(' "', message_id, '"'), '') AS message,
    if(currency != '', concat(toString(value), ' ', currency), toString(value)) AS amount,
    ifNull(toString(props.form), '') AS named,
    if(named != '', concat('the form ', named, ' on ', page), concat('a form on ', page)) AS form
SELECT
    event_time,
    kind,
    name,
    multiIf(
        kind = 'page_view', concat('viewed ', page, if(title != '', concat(' "', title, '"'), '')),
        kind = 'click', concat('clicked ', if(name != '', name, 'a link'), ' on ', page),
        kind = 'engagement', concat('spent ', toString(round(engaged_ms / 1000)), ' s on ', page),
        kind = 'form_start', concat('began ', form),
        kind = 'form_submit', concat('sent ', form),
        kind = 'form_abandon', concat('left ', form),
        kind = 'chat_start', 'opened the chat',
        kind = 'chat_message', 'wrote in the chat',
        kind = 'chat_end', 'ended the chat',
        kind = 'purchase', concat('bought for ', amount),
        kind = 'refund', concat('was refunded ', amount),
        kind = 'preference', concat('opted ', ifNull(toString(props.opt), '?'), ' for ', ifNull(toString(props.topic), '?'), ' by ', ifNull(toString(props.channel), '?')),
        kind = 'consent', concat('gave consent: ', consent),
        kind = 'email_sent', concat('was sent the e-mail', message),
        kind = 'email_delivered', concat('received the e-mail', message),
        kind = 'email_open', concat('opened the e-mail', message),
        kind = 'email_click', concat('clicked in the e-mail', message),
        kind = 'email_bounce', concat('did not get the e-mail', message, ': it bounced'),
        kind = 'email_complaint', concat('reported the e-mail', message, ' as spam'),
        kind = 'email_unsubscribe', concat('unsubscribed by the e-mail', message),
        kind = 'identify', concat('was identified as ', customer_id),
        kind = 'alias', concat('was recognised: ', previous_id, ' is ', customer_id),
        kind = 'group', concat('joined the group ', group_id),
        concat('did "', name, '"', if(url_path != '', concat(' on ', url_path), ''))
    ) AS sentence,
    channel,
    url_path,
    title,
    value,
    currency,
    engaged_ms,
    traffic,
    visitor_id,
    customer_id,
    session_id,
    pageview_id,
    seq,
    event_id,
    props
FROM resolved_events
WHERE site = {site:String}
    AND actor IN
    (
        SELECT visitor_id FROM linked_visitors WHERE site = {site:String} AND customer_id = {customer:String}
        UNION ALL
        SELECT visitor_id FROM seen_customers WHERE site = {site:String} AND customer_id = {customer:String}
        UNION ALL
        SELECT {customer:String}
    )
    AND customer_id = {customer:String}
ORDER BY event_time, pageview_id, seq, event_id;

-- Contributions per rule, decayed to now, and a last row `clamp` for each score: together the shown score.
CREATE OR REPLACE VIEW why ${ON_CLUSTER} AS
WITH
    current AS
    (
        SELECT
            r.site AS site,
            r.subject AS subject,
            r.score AS score,
            r.half_life_s AS half_life_s,
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
        INNER JOIN current AS s ON s.site = c.site AND s.subject = c.subject AND s.score = c.score
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
