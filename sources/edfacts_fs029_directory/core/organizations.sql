-- LEAs and schools of the state's own directory submission: it knows what NCES publishes of it later or not at all, prior
-- ids above all, which are told once. Names are the state's long ones, so they stand behind any other (precedence 8).
-- Closed organizations stay: a state tells of a closing here. Loses: the agency itself (the settings have it), addresses.
-- The status that was updated counts before that at the start of the year. Words are those of NCES for the same numbers.
WITH words AS (
    SELECT unnest(['1', '2', '3', '4', '5', '6', '7', '8']) AS code,
        unnest(['Open', 'Closed', 'New', 'Added', 'Changed Boundary/Agency', 'Inactive', 'Future', 'Reopened']) AS word
)

SELECT
    coalesce(d.nces_lea_id, a.state_abbreviation_code || '-' || d.lea_identifier_sea) AS organization_id,
    d.school_year,
    'LEA' AS organization_type,
    d.name AS organization_name,
    a.state_abbreviation_code,
    d.nces_lea_id AS lea_identifier_nces,
    d.lea_identifier_sea,
    d.prior_lea_identifier_sea,
    CASE d.charter_status WHEN 'not_charter' THEN FALSE ELSE starts_with(d.charter_status, 'charter_') END AS is_charter,
    coalesce(w.word, d.updated_status, d.status) AS operational_status,
    TRUE AS is_in_directory,
    CAST(8 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.edfacts_fs029_directory__districts AS d
INNER JOIN agency.settings AS a ON a.state_ansi_code = d.state_ansi_code
LEFT JOIN words AS w ON w.code = coalesce(d.updated_status, d.status)
WHERE d.name IS NOT NULL AND coalesce(d.out_of_state, 'no') <> 'yes'
UNION ALL BY NAME
SELECT
    coalesce(
        s.nces_lea_id || s.nces_school_number, a.state_abbreviation_code || '-' || s.school_identifier_sea
    ) AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.name AS organization_name,
    a.state_abbreviation_code,
    s.nces_lea_id AS lea_identifier_nces,
    s.lea_identifier_sea,
    s.nces_lea_id || s.nces_school_number AS school_identifier_nces,
    s.school_identifier_sea,
    s.prior_lea_identifier_sea,
    s.prior_school_identifier_sea,
    coalesce(s.nces_lea_id, a.state_abbreviation_code || '-' || s.lea_identifier_sea) AS reporting_lea_id,
    CASE s.charter_status WHEN 'yes' THEN TRUE WHEN 'no' THEN FALSE END AS is_charter,
    coalesce(w.word, s.updated_status, s.status) AS operational_status,
    TRUE AS is_in_directory,
    CAST(8 AS SMALLINT) AS precedence,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM raw.edfacts_fs029_directory__schools AS s
INNER JOIN agency.settings AS a ON a.state_ansi_code = s.state_ansi_code
LEFT JOIN words AS w ON w.code = coalesce(s.updated_status, s.status)
WHERE s.name IS NOT NULL AND coalesce(s.out_of_state, 'no') <> 'yes'
