-- Every version with its parts: LEAs, reservations, what LEAs have out of a reservation, and what nobody has.
WITH versions AS (
    SELECT
        v.*,
        w.federal_program_code,
        CAST(CAST(v.award_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS version_award_usd,
        a.state_abbreviation_code
    FROM raw.state_grants_management__allocation_versions AS v
    JOIN raw.state_grants_management__awards AS w ON w.award_id = v.award_id
    CROSS JOIN agency.settings AS a
),

parts AS (
    SELECT
        p.award_id,
        p.version,
        'lea' AS allocation_type,
        p.lea_identifier_sea,
        'none' AS reservation,
        p.amount_cents,
        p.formula_children,
        p.reason AS allocation_reason,
        p.source_line
    FROM raw.state_grants_management__allocations AS p
    UNION ALL BY NAME
    SELECT r.award_id, r.version, 'reservation' AS allocation_type, r.reservation, r.amount_cents, r.source_line
    FROM raw.state_grants_management__reservations AS r
    UNION ALL BY NAME
    SELECT
        g.award_id,
        g.version,
        'reservation_subgrant' AS allocation_type,
        g.lea_identifier_sea,
        g.reservation,
        g.amount_cents,
        g.source_line
    FROM raw.state_grants_management__reservation_subgrants AS g
    UNION ALL BY NAME
    SELECT
        u.award_id,
        u.version,
        'unallocated' AS allocation_type,
        'none' AS reservation,
        u.unallocated_cents AS amount_cents,
        u.source_line
    FROM raw.state_grants_management__allocation_versions AS u
)

SELECT
    v.award_id,
    CAST(v.version AS BIGINT) AS allocation_version,
    p.allocation_type,
    coalesce(
        l.lea_identifier_nces,
        v.state_abbreviation_code || '-' || p.lea_identifier_sea,
        v.state_abbreviation_code
    ) AS organization_id,
    p.reservation,
    v.school_year,
    v.federal_program_code,
    v.version_kind,
    v.issued_on,
    CAST(CAST(p.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    v.version_award_usd,
    p.formula_children,
    p.allocation_reason,
    v.source_id,
    v.snapshot_sha256,
    p.source_line,
    v.data_status
FROM parts AS p
JOIN versions AS v ON v.award_id = p.award_id AND v.version = p.version
LEFT JOIN raw.state_grants_management__leas AS l ON l.lea_identifier_sea = p.lea_identifier_sea
