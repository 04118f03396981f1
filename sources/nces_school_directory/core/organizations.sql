-- Districts and schools of the agency's state. A charter is often an LEA of its own here: that is the reporting view.
SELECT
    d.lea_identifier_nces AS organization_id,
    d.school_year,
    'LEA' AS organization_type,
    d.district_name AS organization_name,
    a.state_abbreviation_code,
    d.lea_identifier_nces,
    substr(d.state_district_id, 4) AS lea_identifier_sea,
    NULL AS school_identifier_nces,
    NULL AS school_identifier_sea,
    NULL AS authorizer_lea_id,
    NULL AS reporting_lea_id,
    d.lea_type = 'Charter' AS is_charter,
    d.operational_status,
    true AS is_in_directory,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status,
    1 AS precedence
FROM raw.nces_school_directory__districts AS d, agency.settings AS a
WHERE substr(d.state_district_id, 1, 2) = a.state_abbreviation_code
UNION ALL BY NAME
SELECT
    s.school_identifier_nces AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.school_name AS organization_name,
    a.state_abbreviation_code,
    s.lea_identifier_nces,
    substr(s.state_district_id, 4) AS lea_identifier_sea,
    s.school_identifier_nces,
    -- `CA-1964212-6012345`: what follows the district is the state's own school code.
    substr(s.state_school_id, length(s.state_district_id) + 2) AS school_identifier_sea,
    NULL AS authorizer_lea_id,
    s.lea_identifier_nces AS reporting_lea_id,
    s.is_charter,
    s.operational_status,
    true AS is_in_directory,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status,
    1 AS precedence
FROM raw.nces_school_directory__schools AS s, agency.settings AS a
WHERE substr(s.state_school_id, 1, 2) = a.state_abbreviation_code
UNION ALL BY NAME
-- Who authorizes a school the directory does not say. Its district is a guess for schools of districts that are no
-- charters, so it ranks last: a state's own file of that year knows better (districts merge after the year).
SELECT
    s.school_identifier_nces AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.school_name AS organization_name,
    a.state_abbreviation_code,
    d.lea_identifier_nces AS authorizer_lea_id,
    true AS is_in_directory,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status,
    9 AS precedence
FROM raw.nces_school_directory__schools AS s
INNER JOIN raw.nces_school_directory__districts AS d -- m:1; a school whose district is unknown gets no guess
    ON d.lea_identifier_nces = s.lea_identifier_nces AND d.lea_type <> 'Charter'
CROSS JOIN agency.settings AS a
WHERE substr(s.state_school_id, 1, 2) = a.state_abbreviation_code
