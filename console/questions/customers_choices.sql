-- What can customers be told apart by?
-- Read: for each filter of `customers_found` its choices, the most frequent first, and how many customers they let through; at most 40 of each.
SELECT of, choice, count() AS customers
FROM
(
    SELECT arrayJoin(arrayConcat(
        [('stage', toString(stage)), ('consent', if(consent = '', 'none', toString(consent)))],
        arrayMap((score, band) -> ('band', if(band = '' OR score IN ('lifecycle', 'interests'), '', concat(score, ' ', band))), mapKeys(bands), mapValues(bands)),
        arrayMap(channel -> ('channel', toString(channel)), channels),
        arrayMap(interest -> ('interest', interest), mapKeys(interests))
    )) AS pair, pair.1 AS of, pair.2 AS choice
    FROM customers
    WHERE site = {site:String}
)
WHERE choice != ''
GROUP BY of, choice
ORDER BY of, customers DESC, choice
LIMIT 40 BY of
