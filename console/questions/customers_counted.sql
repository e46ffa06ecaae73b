-- How many customers are there?
-- Read: all customers of the site, and those that the filters of `customers_found` let through.
-- {text} = %: a customer, or a trait's whole value
-- {stage} = %: stage
-- {band} = %: score and band, such as `fit A`
-- {interest} = %: something they are interested in
-- {channel} = %: a channel they came by
-- {consent} = %: what was consented to; `none` where nobody was asked
-- {seen} = 0: seen in so many days, 0 for ever
SELECT
    count() AS customers,
    countIf(
        ({text:String} = '%' OR customer_id = {text:String}
            OR has(arrayMap(trait -> lowerUTF8(trait.2), JSONExtractKeysAndValues(traits, 'String')), lowerUTF8({text:String})))
        AND ({stage:String} = '%' OR stage = {stage:String})
        AND ({band:String} = '%' OR has(arrayMap((score, band) -> concat(score, ' ', band), mapKeys(bands), mapValues(bands)), {band:String}))
        AND ({interest:String} = '%' OR mapContains(interests, {interest:String}))
        AND ({channel:String} = '%' OR has(channels, {channel:String}))
        AND ({consent:String} = '%' OR if(consent = '', 'none', toString(consent)) = {consent:String})
        AND ({seen:UInt32} = 0 OR last_seen > now64(3) - toIntervalDay({seen:UInt32}))
    ) AS found
FROM customers
WHERE site = {site:String}
