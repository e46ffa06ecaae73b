-- Who is this customer?
-- Read: one row, as in `customers`; none when nobody of this name was seen at this website.
-- {customer} = : the customer
SELECT * FROM customer(site = {site:String}, customer = {customer:String})
