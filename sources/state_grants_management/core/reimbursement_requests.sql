-- Requests that became proper in the school year (July to June), with what was paid on them by `as_of`.
-- A request is paid when its payments make up its amount; the last of them is the day. Days it lay returned with the
-- LEA are not the agency's; one still returned has no end, is not due, and counts no days yet (2 CFR 200.305(b)(3)).
-- Loses requests of other school years (they are in those years) and dealings after `as_of`.
WITH paid AS (
    SELECT p.request_id, sum(p.amount_cents) AS amount_cents, max(p.paid_on) AS last_paid_on
    FROM raw.state_grants_management__payments AS p, agency.settings AS a
    WHERE p.paid_on <= a.as_of
    GROUP BY p.request_id
),

seen AS (
    SELECT
        r.*,
        a.state_abbreviation_code,
        a.as_of,
        a.reimbursement_days,
        CASE WHEN r.returned_on <= a.as_of AND r.resubmitted_on <= a.as_of
            THEN date_diff('day', r.returned_on, r.resubmitted_on) ELSE 0 END AS returned_days,
        r.returned_on <= a.as_of AND (r.resubmitted_on IS NULL OR r.resubmitted_on > a.as_of) AS is_with_lea,
        CASE WHEN p.amount_cents >= r.amount_cents THEN p.last_paid_on END AS paid_on
    FROM raw.state_grants_management__requests AS r
    CROSS JOIN agency.settings AS a
    LEFT JOIN paid AS p ON p.request_id = r.request_id
    WHERE year(r.proper_on + INTERVAL 6 MONTH) = a.school_year AND r.proper_on <= a.as_of
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
    s.paid_on,
    CASE
        WHEN s.paid_on IS NOT NULL THEN 'paid'
        WHEN s.is_with_lea THEN 'returned'
        ELSE 'open'
    END AS request_status,
    date_diff('day', s.proper_on, s.paid_on) - s.returned_days AS days_to_reimburse,
    s.paid_on IS NOT NULL
        OR (NOT coalesce(s.is_with_lea, FALSE)
            AND date_diff('day', s.proper_on, s.as_of) - s.returned_days > s.reimbursement_days) AS is_due,
    coalesce(date_diff('day', s.proper_on, s.paid_on) - s.returned_days <= s.reimbursement_days, FALSE)
        AS is_paid_within_limit,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM seen AS s
