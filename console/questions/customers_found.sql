-- Which customers are there?
-- Read: the next `limit` customers of the order `sort`, after the place `after` and the name `after_id`; `%` as a filter lets everybody through. `text` is a customer, or the whole value of one of
-- its traits, such as an e-mail address, in capitals or not.
-- {text} = %: a customer, or a trait's whole value
-- {stage} = %: stage
-- {band} = %: score and band, such as `fit A`
-- {interest} = %: something they are interested in
-- {channel} = %: a channel they came by
-- {consent} = %: what was consented to; `none` where nobody was asked
-- {seen} = 0: seen in so many days, 0 for ever
-- {sort} = last_seen: `last_seen`, `silent`, `first_seen`, `engagement`, `fit`, `value`, `orders` or `sessions`
-- {after} = 1e300: place of the last one before
-- {after_id} = %: its name
-- {limit} = 50: how many
WITH
    multiIf(
        {sort:String} = 'silent', -toFloat64(toUnixTimestamp64Milli(last_seen)),
        {sort:String} = 'first_seen', toFloat64(toUnixTimestamp64Milli(first_seen)),
        {sort:String} IN ('engagement', 'fit'), round(scores[{sort:String}]),
        {sort:String} = 'value', value,
        {sort:String} = 'orders', toFloat64(orders),
        {sort:String} = 'sessions', toFloat64(sessions),
        toFloat64(toUnixTimestamp64Milli(last_seen))
    ) AS place
SELECT
    customer_id, traits, stage, bands, scores, interests, orders, value, sessions, page_views, events, visitors,
    first_seen, last_seen, first_channel, last_channel, channels, consent, preferences, place
FROM customers
-- All that is shown is read for those alone who are.
WHERE site = {site:String} AND customer_id GLOBAL IN
(
    SELECT customer_id
    FROM customers
    WHERE site = {site:String}
        AND ({text:String} = '%' OR customer_id = {text:String}
            OR has(arrayMap(trait -> lowerUTF8(trait.2), JSONExtractKeysAndValues(traits, 'String')), lowerUTF8({text:String})))
        AND ({stage:String} = '%' OR stage = {stage:String})
        AND ({band:String} = '%' OR has(arrayMap((score, band) -> concat(score, ' ', band), mapKeys(bands), mapValues(bands)), {band:String}))
        AND ({interest:String} = '%' OR mapContains(interests, {interest:String}))
        AND ({channel:String} = '%' OR has(channels, {channel:String}))
        AND ({consent:String} = '%' OR if(consent = '', 'none', toString(consent)) = {consent:String})
        AND ({seen:UInt32} = 0 OR last_seen > now64(3) - toIntervalDay({seen:UInt32}))
        AND (place < {after:Float64} OR place = {after:Float64} AND customer_id > {after_id:String})
    ORDER BY place DESC, customer_id
    LIMIT {limit:UInt32}
)
ORDER BY place DESC, customer_id
