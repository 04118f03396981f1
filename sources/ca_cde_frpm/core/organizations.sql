-- Names and charter attributes of schools and their authorizing districts, joined to NCES on the 7-digit school code
-- (the whole county-district-school code misses the charters, whose district part NCES writes otherwise).
WITH schools AS (
    SELECT
        f.*,
        f.county_code || f.district_code AS district_id,
        n.school_identifier_nces,
        n.lea_identifier_nces AS reporting_lea_nces,
        coalesce(d.lea_identifier_nces, 'CA-' || f.county_code || f.district_code) AS authorizer_lea_id,
        d.lea_identifier_nces AS authorizer_lea_nces
    FROM raw.ca_cde_frpm__schools AS f
    LEFT JOIN raw.nces_school_directory__schools AS n
        ON substr(n.state_school_id, length(n.state_district_id) + 2) = f.school_code
    LEFT JOIN raw.nces_school_directory__districts AS d
        ON d.state_district_id = 'CA-' || f.county_code || f.district_code
    -- Not schools: district offices, and one line per district for its nonpublic, nonsectarian schools.
    WHERE f.school_code NOT IN ('0000000', '0000001')
)

SELECT
    coalesce(school_identifier_nces, 'CA-' || district_id || school_code) AS organization_id,
    school_year,
    'SCHOOL' AS organization_type,
    school_name AS organization_name,
    'CA' AS state_abbreviation_code,
    district_id AS lea_identifier_sea,
    school_identifier_nces,
    school_code AS school_identifier_sea,
    reporting_lea_nces AS reporting_lea_id,
    CASE charter_school WHEN 'Y' THEN true WHEN 'N' THEN false END AS is_charter,
    nullif(charter_school_number, 'N/A') AS charter_school_number,
    nullif(charter_funding_type, 'N/A') AS charter_funding_type,
    false AS is_in_directory,
    source_id,
    snapshot_sha256,
    source_line,
    data_status,
    2 AS precedence
FROM schools
UNION ALL BY NAME
-- The authorizer ranks after that of the files with figures (5), so that a figure's district is the one in its own
-- file: 22 schools of 2020-21 stand under another district there (schools taken over, districts merged).
SELECT
    coalesce(school_identifier_nces, 'CA-' || district_id || school_code) AS organization_id,
    school_year,
    'SCHOOL' AS organization_type,
    school_name AS organization_name,
    'CA' AS state_abbreviation_code,
    authorizer_lea_id,
    false AS is_in_directory,
    source_id,
    snapshot_sha256,
    source_line,
    data_status,
    6 AS precedence
FROM schools
UNION ALL BY NAME
SELECT
    authorizer_lea_id AS organization_id,
    school_year,
    'LEA' AS organization_type,
    min(district_name) AS organization_name,
    'CA' AS state_abbreviation_code,
    authorizer_lea_nces AS lea_identifier_nces,
    district_id AS lea_identifier_sea,
    false AS is_in_directory,
    min(source_id) AS source_id,
    min(snapshot_sha256) AS snapshot_sha256,
    min(source_line) AS source_line,
    min(data_status) AS data_status,
    2 AS precedence
FROM schools
GROUP BY authorizer_lea_id, authorizer_lea_nces, district_id, school_year
