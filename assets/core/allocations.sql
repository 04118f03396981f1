-- Versions issued by the year's end of the awards of the year; the last of them is the current one.
SELECT
    m.* REPLACE (
        m.allocation_version = max(m.allocation_version) OVER (PARTITION BY m.award_id) AS is_current
    )
FROM mapped.allocations AS m
JOIN core.awards AS w ON w.award_id = m.award_id
CROSS JOIN agency.settings AS a
WHERE m.issued_on <= least(make_date(a.school_year, 6, 30), a.as_of)
