-- The UEI under which the agency pays each LEA. Loses: nothing; the state's and NCES's ids are in the organizations table.
SELECT
    coalesce(l.lea_identifier_nces, a.state_abbreviation_code || '-' || l.lea_identifier_sea) AS organization_id,
    l.school_year,
    'UEI' AS identifier_system,
    l.uei AS identifier,
    FALSE AS is_prior,
    CAST(1 AS SMALLINT) AS precedence,
    l.source_id,
    l.snapshot_sha256,
    l.source_line,
    l.data_status
FROM raw.state_grants_management__leas AS l, agency.settings AS a
