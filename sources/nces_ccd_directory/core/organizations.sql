-- Districts and schools of the agency's state, behind the search download (precedence 1) and before names that only a data
-- file tells (3): where another directory knows an organization, this one adds only what that does not say.
-- Loses: other states, and organizations that were closed or had not opened (status 2, 6 and 7): they have no students.
SELECT
    d.lea_identifier_nces AS organization_id,
    d.school_year,
    'LEA' AS organization_type,
    d.lea_name AS organization_name,
    a.state_abbreviation_code,
    d.lea_identifier_nces,
    substr(d.state_lea_id, 4) AS lea_identifier_sea,
    d.lea_type = '7' AS is_charter,
    d.operational_status_text AS operational_status,
    true AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.nces_ccd_directory__leas AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code AND d.operational_status NOT IN ('closed', 'inactive', 'future')
UNION ALL BY NAME
SELECT
    s.school_identifier_nces AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.school_name AS organization_name,
    a.state_abbreviation_code,
    s.lea_identifier_nces,
    substr(s.state_lea_id, 4) AS lea_identifier_sea,
    s.school_identifier_nces,
    substr(s.state_school_id, length(s.state_lea_id) + 2) AS school_identifier_sea,
    s.lea_identifier_nces AS reporting_lea_id,
    CASE s.charter_text WHEN 'Yes' THEN true WHEN 'No' THEN false END AS is_charter,
    s.operational_status_text AS operational_status,
    true AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM raw.nces_ccd_directory__schools AS s, agency.settings AS a
WHERE s.state_ansi_code = a.state_ansi_code AND s.operational_status NOT IN ('closed', 'inactive', 'future')
UNION ALL BY NAME
-- The district of every such school, as the school file names it: it may be closed itself, or its own file not at hand.
SELECT
    s.lea_identifier_nces AS organization_id,
    s.school_year,
    'LEA' AS organization_type,
    arg_min(s.lea_name, s.source_line) AS organization_name,
    a.state_abbreviation_code,
    s.lea_identifier_nces,
    substr(arg_min(s.state_lea_id, s.source_line), 4) AS lea_identifier_sea,
    true AS is_in_directory,
    CAST(3 AS SMALLINT) AS precedence,
    s.source_id,
    arg_min(s.snapshot_sha256, s.source_line) AS snapshot_sha256,
    min(s.source_line) AS source_line,
    arg_min(s.data_status, s.source_line) AS data_status
FROM raw.nces_ccd_directory__schools AS s, agency.settings AS a
WHERE s.state_ansi_code = a.state_ansi_code AND s.operational_status NOT IN ('closed', 'inactive', 'future')
GROUP BY s.lea_identifier_nces, s.school_year, a.state_abbreviation_code, s.source_id
