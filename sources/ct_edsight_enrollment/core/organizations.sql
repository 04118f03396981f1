-- Districts and schools as EdSight's enrollment files name them, behind any directory (precedence 2). Schools only in
-- 2014-15 and 2015-16, but then those with preschoolers alone, too, whom no other file has.
-- The state itself comes from the agency's settings. Loses: the counts, and the other
-- breakdowns, which name the same districts.
-- A school's id carries its district: three programs of the state are listed under several districts by one code.
-- The crosswalk has at most one row a district code; a district that it does not join keeps EdSight's code.
WITH listed AS (
    SELECT
        organization_level, organization_code, organization_name, district_code, school_code,
        school_year, source_id, snapshot_sha256, source_file, source_line, data_status
    FROM raw.ct_edsight_enrollment__counts
    WHERE organization_level <> 'state' AND breakdown = 'all-students'
),

placed AS (
    SELECT
        l.*,
        a.state_abbreviation_code,
        c.lea_identifier_nces,
        coalesce(c.lea_identifier_nces, a.state_abbreviation_code || '-' || l.district_code) AS lea_id
    FROM listed AS l
    CROSS JOIN agency.settings AS a
    LEFT JOIN crosswalk.lea_nces AS c
        ON c.lea_identifier_sea = l.district_code AND c.status = 'reviewed'
    WHERE a.state_ansi_code = '09'
)

SELECT
    CASE organization_level
        WHEN 'district' THEN lea_id
        ELSE state_abbreviation_code || '-' || organization_code
    END AS organization_id,
    school_year,
    CASE organization_level WHEN 'district' THEN 'LEA' ELSE 'SCHOOL' END AS organization_type,
    organization_name,
    state_abbreviation_code,
    lea_identifier_nces,
    district_code AS lea_identifier_sea,
    school_code AS school_identifier_sea,
    CASE organization_level WHEN 'school' THEN lea_id END AS authorizer_lea_id,
    CASE organization_level WHEN 'school' THEN lea_id END AS reporting_lea_id,
    FALSE AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    source_id,
    snapshot_sha256,
    source_line,
    data_status
FROM placed
QUALIFY row_number() OVER (
    PARTITION BY organization_level, organization_code, school_year
    ORDER BY source_file, source_line
) = 1
