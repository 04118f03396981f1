-- Every school of the file and its authorizing district, so that no row is without an organization. Names come from
-- better sources where there are any (precedence 5); a school joins NCES on the 7-digit school code.
WITH schools AS (
    SELECT DISTINCT ON (f.school_code)
        f.*,
        f.county_code || f.district_code AS district_id,
        n.school_identifier_nces,
        n.lea_identifier_nces AS reporting_lea_nces,
        coalesce(d.lea_identifier_nces, 'CA-' || f.county_code || f.district_code) AS authorizer_lea_id,
        d.lea_identifier_nces AS authorizer_lea_nces
    FROM raw.ca_cde_ela__results AS f
    LEFT JOIN raw.nces_school_directory__schools AS n
        ON substr(n.state_school_id, length(n.state_district_id) + 2) = f.school_code
    LEFT JOIN raw.nces_school_directory__districts AS d
        ON d.state_district_id = 'CA-' || f.county_code || f.district_code
    WHERE f.student_group = 'all'
)

SELECT
    coalesce(school_identifier_nces, 'CA-' || district_id || school_code) AS organization_id,
    school_year,
    'SCHOOL' AS organization_type,
    'School ' || district_id || school_code AS organization_name,
    'CA' AS state_abbreviation_code,
    district_id AS lea_identifier_sea,
    school_identifier_nces,
    school_code AS school_identifier_sea,
    authorizer_lea_id,
    reporting_lea_nces AS reporting_lea_id,
    false AS is_in_directory,
    source_id,
    snapshot_sha256,
    source_line,
    data_status,
    5 AS precedence
FROM schools
UNION ALL BY NAME
SELECT
    authorizer_lea_id AS organization_id,
    school_year,
    'LEA' AS organization_type,
    'District ' || district_id AS organization_name,
    'CA' AS state_abbreviation_code,
    authorizer_lea_nces AS lea_identifier_nces,
    district_id AS lea_identifier_sea,
    false AS is_in_directory,
    min(source_id) AS source_id,
    min(snapshot_sha256) AS snapshot_sha256,
    min(source_line) AS source_line,
    min(data_status) AS data_status,
    5 AS precedence
FROM schools
GROUP BY authorizer_lea_id, authorizer_lea_nces, district_id, school_year
