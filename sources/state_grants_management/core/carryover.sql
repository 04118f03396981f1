-- Only Title I-A has a cap (ESEA 1127); whether it holds for an allocation of this size, core decides.
SELECT
    c.award_id,
    coalesce(l.lea_identifier_nces, a.state_abbreviation_code || '-' || c.lea_identifier_sea) AS organization_id,
    c.school_year,
    w.federal_program_code,
    c.measured_on,
    CAST(CAST(c.allocation_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS allocation_usd,
    CAST(CAST(c.obligated_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS obligated_usd,
    CAST(CAST(c.carryover_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS carryover_usd,
    w.federal_program_code = '84.010' AS is_capped,
    CAST(CAST(c.cap_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS agency_cap_usd,
    c.has_waiver,
    c.source_id,
    c.snapshot_sha256,
    c.source_line,
    c.data_status
FROM raw.state_grants_management__carryover AS c
JOIN raw.state_grants_management__awards AS w ON w.award_id = c.award_id
LEFT JOIN raw.state_grants_management__leas AS l ON l.lea_identifier_sea = c.lea_identifier_sea
CROSS JOIN agency.settings AS a
