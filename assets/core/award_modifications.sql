-- The actions up to the year's end on the awards of the year; others belong to other years.
SELECT m.*
FROM mapped.award_modifications AS m
JOIN core.awards AS w ON w.award_id = m.award_id
CROSS JOIN agency.settings AS a
WHERE m.acted_on <= least(make_date(a.school_year, 6, 30), a.as_of)
