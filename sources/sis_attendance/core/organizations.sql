-- Schools as the state's own system lists them (precedence 2: behind the NCES directory). It knows what NCES does not
-- say: the district that authorizes a charter school which reports itself.
SELECT
    s.school_identifier_nces AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.school_name AS organization_name,
    a.state_abbreviation_code,
    s.lea_identifier_sea,
    s.school_identifier_nces,
    s.school_identifier_sea,
    s.lea_identifier_nces AS authorizer_lea_id,
    s.is_charter,
    FALSE AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM raw.sis_attendance__schools AS s, agency.settings AS a
