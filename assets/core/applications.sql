-- Applications handed in by the year's end; what happened later has not happened yet.
-- Due is the agency's day (month and day) of the calendar year in which the money becomes available.
WITH span AS (
    SELECT least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on, a.applications_due
    FROM agency.settings AS a
),

seen AS (
    SELECT
        m.* REPLACE (
            CASE WHEN m.returned_on <= s.year_ends_on THEN m.returned_on END AS returned_on,
            CASE WHEN m.resubmitted_on <= s.year_ends_on THEN m.resubmitted_on END AS resubmitted_on,
            CASE WHEN m.substantially_approvable_on <= s.year_ends_on
                THEN m.substantially_approvable_on END AS substantially_approvable_on,
            CASE WHEN m.approved_on <= s.year_ends_on THEN m.approved_on END AS approved_on,
            CAST(year(w.available_from) || '-' || s.applications_due AS DATE) AS due_on,
            w.is_new_in_year AS is_new_in_year
        )
    FROM mapped.applications AS m
    JOIN core.awards AS w ON w.award_id = m.award_id
    CROSS JOIN span AS s
    WHERE m.submitted_on <= s.year_ends_on
)

SELECT * REPLACE (coalesce(approved_on <= due_on, FALSE) AS is_approved_on_time) FROM seen
