-- Events. The ingest table keeps nothing: it reads joined lines as they are, with lenient types, and its materialized views cast and clamp.
-- A cast must never throw: one throwing view would stop all ingestion.
CREATE TABLE IF NOT EXISTS ingest_tracked ${ON_CLUSTER}
(
    control String,
    event_id String,
    site String,
    visitor_id String,
    customer_id String,
    session_id String,
    kind String,
    name String,
    event_time Float64,
    created_at Nullable(Float64),
    sent_at Float64,
    received_at Float64,
    ts_source String,
    skew_ms Float64,
    historical Bool,
    url String,
    url_host String,
    url_path String,
    title String,
    referrer String,
    referrer_class String,
    utm_source String,
    utm_medium String,
    utm_campaign String,
    utm_term String,
    utm_content String,
    click_id String,
    channel String,
    user_agent String,
    browser String,
    os String,
    device String,
    ip String,
    country String,
    language String,
    screen_width Float64,
    screen_height Float64,
    traffic String DEFAULT 'human',
    traffic_reasons Array(String),
    consent String,
    pageview_id String,
    seq Float64,
    engaged_ms Float64,
    scroll_pct Float64,
    value Float64,
    currency String,
    message_id String,
    previous_id String,
    group_id String,
    library String,
    traits JSON(max_dynamic_paths = 128),
    props JSON(max_dynamic_paths = 128),
    email_label String,
    revision UInt64
)
ENGINE = Null;

-- Of several copies of one event the first accepted stands: version falls with received_at. Corrections rank above it: each adds 2^48.
-- actor is whose footprint the event is: the visitor, or else the customer. The sort key holds only what never changes.
-- Small granules, small blocks and few partitions: what reads this table wants one footprint of it, from as few places as can be. A merge makes
-- one file of a part until it holds about ten million events: a footprint reads few rows of many columns from every part, and opening a column
-- costs more than reading it. A quarter in which nothing is stored any more becomes one part. Columns whose neighbours differ are worth ZSTD;
-- what repeats from row to row (a footprint's browser, ids and address) is as small by LZ4, for a fraction of the CPU of each insert and merge.
-- sentence is what happened in words, as far as the event alone knows; stated is a preference: topic, channel, and in or out. Both are
-- made when the event is stored: to plan them anew for every question about one customer took longer than to read its rows.
-- corrected is what links, merges, labels and verdicts have made of it since, as `timeline` shows it: session, traffic, label of the e-mail, customer
-- and sentence; empty while that is what the event says. It is written for the events of known persons (sinks/clickhouse/customers.py), with the
-- version that the row has: of rows with one version the one stored last stands.
CREATE TABLE IF NOT EXISTS events_raw ${ON_CLUSTER}
(
    site LowCardinality(String),
    actor String,
    event_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(ZSTD(1)),
    is_deleted UInt8 DEFAULT 0,
    visitor_id String,
    customer_id String,
    session_id String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    name LowCardinality(String),
    created_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    sent_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ts_source LowCardinality(String),
    skew_ms Int64,
    historical Bool,
    url String CODEC(ZSTD(1)),
    url_host LowCardinality(String),
    url_path LowCardinality(String),
    title String CODEC(ZSTD(1)),
    referrer String CODEC(ZSTD(1)),
    referrer_class LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    utm_term LowCardinality(String),
    utm_content LowCardinality(String),
    click_id String,
    channel LowCardinality(String),
    user_agent String,
    browser LowCardinality(String),
    os LowCardinality(String),
    device LowCardinality(String),
    ip String,
    country LowCardinality(String),
    language LowCardinality(String),
    screen_width UInt16,
    screen_height UInt16,
    traffic LowCardinality(String),
    traffic_reasons Array(LowCardinality(String)),
    consent LowCardinality(String),
    pageview_id String CODEC(ZSTD(1)),
    seq UInt32,
    engaged_ms UInt32,
    scroll_pct UInt8,
    value Float64,
    currency LowCardinality(String),
    message_id String,
    previous_id String,
    group_id String,
    library LowCardinality(String),
    traits JSON(max_dynamic_paths = 128),
    props JSON(max_dynamic_paths = 128) CODEC(ZSTD(1)),
    email_label LowCardinality(String),
    sentence String CODEC(ZSTD(1)),
    stated Array(String),
    corrected Array(String),
    INDEX visitor visitor_id TYPE bloom_filter GRANULARITY 1,
    INDEX customer customer_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}version, is_deleted)
PARTITION BY toStartOfQuarter(event_time)
ORDER BY (site, actor, event_time, event_id)
SETTINGS ${DEDUP}, default_compression_codec = 'LZ4', index_granularity = 1024, min_compress_block_size = 16384,
    min_bytes_for_wide_part = 10737418240, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_tracked_events ${ON_CLUSTER} TO events_raw AS
WITH
    ['page_view', 'click', 'engagement', 'form_start', 'form_submit', 'form_abandon', 'chat_start', 'chat_message', 'chat_end', 'purchase', 'refund', 'preference', 'consent',
     'email_sent', 'email_delivered', 'email_open', 'email_click', 'email_bounce', 'email_complaint', 'email_unsubscribe', 'identify', 'alias', 'group'] AS kinds,
    multiIf(i.url_path != '', i.url_path, i.url != '', i.url, '?') AS page,
    if(isNull(i.props.form), '', toString(i.props.form)) AS form
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
    value, currency, message_id, previous_id, group_id, library, traits, props,
    concat(
        transform(i.kind, kinds, [
            'viewed ', 'clicked ', 'spent ', 'began ', 'sent ', 'left ', 'opened the chat', 'wrote in the chat', 'ended the chat', 'bought for ', 'was refunded ', 'opted ', 'gave consent: ',
             'was sent the e-mail', 'received the e-mail', 'opened the e-mail', 'clicked in the e-mail', 'did not get the e-mail', 'reported the e-mail',
             'unsubscribed by the e-mail', 'was identified as ', 'was recognised: ', 'joined the group '],
            'did "'
        ),
        multiIf(
            i.kind = 'page_view', concat(page, if(i.title != '', concat(' "', i.title, '"'), '')),
            i.kind = 'engagement', concat(toString(round(engaged_ms / 1000)), ' s on ', page),
            i.kind = 'click', concat(if(i.name != '', i.name, 'a link'), ' on ', page),
            i.kind IN ('form_start', 'form_submit', 'form_abandon'), concat(if(form != '', concat('the form ', form), 'a form'), ' on ', page),
            i.kind IN ('purchase', 'refund'), concat(toString(i.value), if(i.currency != '', ' ', ''), i.currency),
            i.kind = 'preference', concat(
                if(isNull(i.props.opt), '?', toString(i.props.opt)), ' for ', if(isNull(i.props.topic), '?', toString(i.props.topic)), ' by ',
                if(isNull(i.props.channel), '?', toString(i.props.channel))),
            i.kind = 'consent', i.consent,
            i.kind = 'identify', i.customer_id,
            i.kind = 'alias', concat(i.previous_id, ' is ', i.customer_id),
            i.kind = 'group', i.group_id,
            i.kind IN ('chat_start', 'chat_message', 'chat_end'), '',
            startsWith(i.kind, 'email_'), if(i.message_id != '', concat(' "', i.message_id, '"'), ''),
            concat(i.name, '"', if(i.url_path != '', concat(' on ', i.url_path), ''))
        ),
        multiIf(
            i.kind = 'email_bounce', ': it bounced', i.kind = 'email_complaint', ' as spam',
            startsWith(i.email_label, 'machine_'), ', by a machine', i.email_label = 'proxied', ', by a mail proxy', '')
    ) AS sentence,
    multiIf(
        i.kind = 'preference' AND i.props.opt.:String IN ('in', 'out'), [
            assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(i.props.topic.:String), 1, 100), ''), 'all')),
            assumeNotNull(ifNull(nullIf(substringUTF8(trimBoth(i.props.channel.:String), 1, 100), ''), 'email')),
            assumeNotNull(i.props.opt.:String)],
        i.kind IN ('email_unsubscribe', 'email_complaint') OR i.kind = 'email_bounce' AND i.props.bounce.:String = 'hard', ['all', 'email', 'out'],
        []
    ) AS stated
FROM ingest_tracked AS i
WHERE control = '';

-- Under whom a customer's footprint is to be looked for: visitors that were ever known as the customer, by their events or by a link, and the
-- customer for what came without a visitor. `marked`: when
-- something of theirs was stored last, by which customers' rows are counted again (0006).
CREATE TABLE IF NOT EXISTS seen_customers ${ON_CLUSTER}
(
    site LowCardinality(String),
    customer_id String,
    actor String,
    marked DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX actor actor TYPE bloom_filter GRANULARITY 1,
    INDEX marked marked TYPE minmax GRANULARITY 1
)
ENGINE = ${REPL}ReplacingMergeTree(${ZK}marked)
ORDER BY (site, customer_id, actor);

-- From the table and not from what is taken in: what a rebuild writes again counts too. A row that is written again with what has become of it
-- (`corrected`) says nothing new to any view on this table.
CREATE MATERIALIZED VIEW IF NOT EXISTS events_raw_customers ${ON_CLUSTER} TO seen_customers AS
SELECT DISTINCT site, customer_id, actor
FROM events_raw
WHERE customer_id != '' AND empty(corrected);

-- Where the rebuild puts which events change, while it writes them again. One partition a rebuild, dropped at its end.
CREATE TABLE IF NOT EXISTS rebuild_assignments ${ON_CLUSTER}
(
    batch UInt64,
    visitor_id String,
    event_id String,
    event_time Int64,
    session_id String,
    is_deleted UInt8
)
ENGINE = MergeTree
PARTITION BY batch
ORDER BY (visitor_id, event_id);
