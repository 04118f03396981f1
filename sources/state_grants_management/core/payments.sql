-- Payments and refunds with the award of their request; a movement whose request is not there keeps a null award.
WITH moved AS (
    SELECT 'payment' AS payment_kind, p.payment_id, p.request_id, p.paid_on, p.amount_cents, p.school_year,
        p.source_id, p.snapshot_sha256, p.source_line, p.data_status
    FROM raw.state_grants_management__payments AS p
    UNION ALL BY NAME
    SELECT 'refund' AS payment_kind, f.refund_id AS payment_id, f.request_id, f.refunded_on AS paid_on,
        -f.amount_cents AS amount_cents, f.school_year, f.source_id, f.snapshot_sha256, f.source_line, f.data_status
    FROM raw.state_grants_management__refunds AS f
)

SELECT
    m.payment_kind,
    m.payment_id,
    m.request_id,
    coalesce(
        r.lea_identifier_nces,
        a.state_abbreviation_code || '-' || r.lea_identifier_sea,
        a.state_abbreviation_code || '-unknown'
    ) AS organization_id,
    m.school_year,
    coalesce(r.federal_program_code, '00.000') AS federal_program_code,
    r.award_id,
    m.paid_on,
    CAST(CAST(m.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    m.source_id,
    m.snapshot_sha256,
    m.source_line,
    m.data_status
FROM moved AS m
LEFT JOIN raw.state_grants_management__requests AS r ON r.request_id = m.request_id
CROSS JOIN agency.settings AS a
