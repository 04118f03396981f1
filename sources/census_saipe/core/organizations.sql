-- Districts as the Census names them. The last resort for a name (precedence 5): the Census writes
-- "Alabaster City School District" where the state writes "Alabaster City".
SELECT
    d.state_ansi_code || d.district_id AS organization_id,
    d.school_year,
    'LEA' AS organization_type,
    d.district_name AS organization_name,
    a.state_abbreviation_code,
    d.state_ansi_code || d.district_id AS lea_identifier_nces,
    FALSE AS is_in_directory,
    CAST(5 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.census_saipe__districts AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code
