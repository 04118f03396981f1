-- Up to the year's end: the whole life of the year's awards, and what moved in the year of any other.
SELECT m.*
FROM mapped.payments AS m
LEFT JOIN core.awards AS w ON w.award_id = m.award_id
CROSS JOIN agency.settings AS a
WHERE m.paid_on <= least(make_date(a.school_year, 6, 30), a.as_of)
    AND (w.award_id IS NOT NULL OR m.paid_on >= make_date(a.school_year - 1, 7, 1))
