-- Requests proper by the end of a month, not paid in full by then and in the agency's hands, one row a month. One that is
-- with the LEA at the end of a month has no row for it: nobody can pay it.
WITH months AS (
    SELECT last_day(CAST(first_day AS DATE)) AS month_ends_on, a.as_of, a.reimbursement_days
    FROM agency.settings AS a,
        generate_series(make_date(a.school_year - 1, 7, 1), make_date(a.school_year, 6, 1), INTERVAL 1 MONTH) AS g(first_day)
),

open_requests AS (
    SELECT
        r.request_id,
        m.month_ends_on,
        r.organization_id,
        r.school_year,
        r.federal_program_code,
        r.award_id,
        r.amount_usd,
        date_diff('day', r.proper_on, m.month_ends_on) - CASE
            WHEN r.returned_on <= m.month_ends_on THEN date_diff('day', r.returned_on, r.resubmitted_on) ELSE 0
        END AS open_days,
        m.reimbursement_days
    FROM core.award_requests AS r
    JOIN months AS m ON m.month_ends_on <= m.as_of AND r.proper_on <= m.month_ends_on
        AND coalesce(r.paid_on > m.month_ends_on, TRUE)
        AND NOT coalesce(r.returned_on <= m.month_ends_on AND coalesce(r.resubmitted_on > m.month_ends_on, TRUE), FALSE)
)

SELECT * EXCLUDE (reimbursement_days), open_days > reimbursement_days AS is_overdue FROM open_requests
