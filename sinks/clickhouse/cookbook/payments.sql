-- How much is paid by which method?
-- Read: purchases and refunds by the property `payment_method`, one row a currency; amounts of different currencies are never added.
SELECT
    if(method = '', 'unknown', method) AS payment_method,
    currency,
    countIf(kind = 'purchase') AS purchases,
    round(sumIf(value, kind = 'purchase'), 2) AS revenue,
    round(sumIf(value, kind = 'refund'), 2) AS refunded,
    round(revenue - refunded, 2) AS net,
    round(if(purchases > 0, revenue / purchases, 0), 2) AS per_purchase
FROM
(
    SELECT kind, currency, value, ifNull(toString(props.payment_method), '') AS method
    FROM events_human
    WHERE site = {site:String} AND event_time >= {from:DateTime} AND event_time < {to:DateTime} AND kind IN ('purchase', 'refund')
)
GROUP BY payment_method, currency
ORDER BY net DESC, payment_method
