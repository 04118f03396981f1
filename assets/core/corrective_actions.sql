-- Actions that come due in the school year or are open in it, as they stood at its end.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on
    FROM agency.settings AS a
),

seen AS (
    SELECT
        m.* REPLACE (CASE WHEN m.closed_on <= s.year_ends_on THEN m.closed_on END AS closed_on),
        s.year_starts_on,
        s.year_ends_on
    FROM mapped.corrective_actions AS m, span AS s
    WHERE m.opened_on <= s.year_ends_on
)

SELECT
    * EXCLUDE (year_starts_on, year_ends_on) REPLACE (
        due_on BETWEEN year_starts_on AND year_ends_on AS is_due_in_year,
        coalesce(closed_on <= due_on, FALSE) AS is_closed_on_time,
        greatest(date_diff('day', opened_on, coalesce(closed_on, year_ends_on)), 0) AS open_days
    )
FROM seen
WHERE due_on BETWEEN year_starts_on AND year_ends_on OR closed_on IS NULL OR closed_on >= year_starts_on
