SELECT
    r.request_id,
    coalesce(r.lea_identifier_nces, a.state_abbreviation_code || '-' || r.lea_identifier_sea) AS organization_id,
    r.school_year,
    r.federal_program_code,
    r.award_id,
    CAST(CAST(r.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    r.submitted_on,
    r.proper_on,
    r.returned_on,
    r.resubmitted_on,
    r.period_starts_on AS obligated_from,
    r.period_ends_on AS obligated_to,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.state_grants_management__requests AS r, agency.settings AS a
