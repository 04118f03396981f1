-- Reviews planned for the school year, and those of other years that were done in it, as it stood at its end.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on
    FROM agency.settings AS a
)

SELECT
    m.* REPLACE (
        CASE WHEN m.completed_on <= s.year_ends_on THEN m.completed_on END AS completed_on,
        m.planned_on BETWEEN s.year_starts_on AND s.year_ends_on AS is_planned_in_year
    )
FROM mapped.monitoring_reviews AS m, span AS s
WHERE m.planned_on BETWEEN s.year_starts_on AND s.year_ends_on
    OR m.completed_on BETWEEN s.year_starts_on AND s.year_ends_on
