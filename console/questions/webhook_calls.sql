-- What became of the calls to webhooks?
-- Read: one row for each alert and address, the latest first; `attempts` counts all calls, `took_ms` is that of the last one.
-- {address} = *: name of the address, `*` for all
SELECT
    address, signal_id,
    any(d.trigger) AS trigger,
    argMax(d.outcome, (d.at, d.outcome = 'given_up')) AS last_outcome,
    argMaxIf(d.status, d.at, d.outcome != 'given_up') AS status,
    argMaxIf(d.took_ms, d.at, d.outcome != 'given_up') AS took_ms,
    argMax(d.problem, (d.at, d.outcome = 'given_up')) AS problem,
    argMax(d.made_by, d.at) AS made_by,
    countIf(d.outcome != 'given_up') AS attempts,
    min(d.at) AS first_at,
    max(d.at) AS last_at
FROM deliveries AS d
WHERE site = {site:String} AND ({address:String} = '*' OR address = {address:String}) AND at >= {from:DateTime} AND at < {to:DateTime}
GROUP BY address, signal_id
ORDER BY last_at DESC, address, signal_id
LIMIT 200
