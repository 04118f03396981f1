SELECT
    f.application_id,
    coalesce(l.lea_identifier_nces, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    w.federal_program_code,
    f.award_id,
    f.submitted_on,
    f.returned_on,
    f.resubmitted_on,
    f.substantially_approvable_on,
    f.approved_on,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_grants_management__applications AS f
JOIN raw.state_grants_management__awards AS w ON w.award_id = f.award_id
LEFT JOIN raw.state_grants_management__leas AS l ON l.lea_identifier_sea = f.lea_identifier_sea
CROSS JOIN agency.settings AS a
