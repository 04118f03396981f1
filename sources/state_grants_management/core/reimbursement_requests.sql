-- Requests that count in the school year, were paid in it, or are open at its end; all as it stood at its end.
-- A request is paid when its payments make up its amount; the day is that of the payment that does. Days it lay returned
-- with the LEA are not the agency's (2 CFR 200.305(b)(3)). It counts from the day it is paid in time, else from the day
-- after its last day in time, whenever it is paid then: a payment made later moves no figure of a month that is over. One
-- that is with the LEA has no such day until it is back, unless its time had run out before.
-- Loses requests of other years: those counted and paid before, and those that came after.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on,
        a.reimbursement_days,
        a.state_abbreviation_code
    FROM agency.settings AS a
),

running AS (
    SELECT
        p.request_id,
        p.paid_on,
        sum(p.amount_cents) OVER (PARTITION BY p.request_id ORDER BY p.paid_on) AS amount_cents
    FROM raw.state_grants_management__payments AS p, span AS y
    WHERE p.paid_on <= y.year_ends_on
),

paid AS (
    SELECT q.request_id, min(q.paid_on) AS paid_on
    FROM running AS q
    JOIN raw.state_grants_management__requests AS r ON r.request_id = q.request_id
    WHERE q.amount_cents >= r.amount_cents
    GROUP BY q.request_id
),

seen AS (
    SELECT
        r.* REPLACE (
            CASE WHEN r.returned_on <= y.year_ends_on THEN r.returned_on END AS returned_on,
            CASE WHEN r.returned_on <= y.year_ends_on AND r.resubmitted_on <= y.year_ends_on THEN r.resubmitted_on END
                AS resubmitted_on
        ),
        y.*,
        p.paid_on
    FROM raw.state_grants_management__requests AS r
    CROSS JOIN span AS y
    LEFT JOIN paid AS p ON p.request_id = r.request_id
    WHERE r.proper_on <= y.year_ends_on
),

timed AS (
    SELECT
        s.*,
        coalesce(date_diff('day', s.returned_on, s.resubmitted_on), 0) AS returned_days,
        CASE
            WHEN s.returned_on IS NULL OR date_diff('day', s.proper_on, s.returned_on) > s.reimbursement_days
                THEN s.proper_on + s.reimbursement_days + 1
            WHEN s.resubmitted_on IS NOT NULL
                THEN s.proper_on + s.reimbursement_days + 1
                    + CAST(date_diff('day', s.returned_on, s.resubmitted_on) AS INTEGER)
        END AS overdue_on
    FROM seen AS s
),

measured AS (
    SELECT *, date_diff('day', proper_on, paid_on) - returned_days AS days_to_reimburse FROM timed
),

counted AS (
    SELECT
        *,
        CASE
            WHEN days_to_reimburse <= reimbursement_days THEN paid_on
            WHEN overdue_on <= year_ends_on THEN overdue_on
        END AS first_counted_on
    FROM measured
),

standing AS (
    SELECT
        *,
        coalesce(first_counted_on >= year_starts_on, FALSE) AS is_due,
        coalesce(paid_on >= year_starts_on, FALSE) AS is_paid_in_year,
        paid_on IS NULL AS is_open_at_end
    FROM counted
)

SELECT
    s.request_id,
    coalesce(s.lea_identifier_nces, s.state_abbreviation_code || '-' || s.lea_identifier_sea) AS organization_id,
    s.school_year,
    s.federal_program_code,
    s.award_id,
    CAST(CAST(s.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    s.submitted_on,
    s.proper_on,
    s.returned_days,
    CASE WHEN s.is_due THEN s.first_counted_on END AS counted_on,
    s.paid_on,
    CASE
        WHEN s.paid_on IS NOT NULL THEN 'paid'
        WHEN s.returned_on IS NOT NULL AND s.resubmitted_on IS NULL THEN 'returned'
        ELSE 'open'
    END AS request_status,
    s.days_to_reimburse,
    s.is_due,
    s.is_due AND coalesce(s.days_to_reimburse <= s.reimbursement_days, FALSE) AS is_paid_within_limit,
    s.is_paid_in_year,
    s.is_open_at_end,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM standing AS s
WHERE s.is_due OR s.is_paid_in_year OR s.is_open_at_end
