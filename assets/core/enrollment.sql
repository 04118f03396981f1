-- Each organization's students from its best source alone (lowest precedence): two files that count the same students must
-- not fill each other's gaps, since their cells differ.
SELECT * FROM mapped.enrollment
QUALIFY dense_rank() OVER (PARTITION BY organization_id, school_year ORDER BY coalesce(precedence, 1), source_id) = 1
