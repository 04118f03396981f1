-- Districts as EdSight's graduation files name them, behind any directory (precedence 2).
-- The state itself comes from the agency's settings. Loses: nothing but repeated mentions.
-- The crosswalk has at most one row a district code; a district that it does not join keeps EdSight's code.
WITH listed AS (
    SELECT
        organization_code, organization_name, district_code, school_year,
        source_id, snapshot_sha256, source_file, source_line, data_status
    FROM raw.ct_edsight_graduation__graduates
    WHERE organization_level <> 'state'
    UNION ALL
    SELECT
        organization_code, organization_name, district_code, school_year,
        source_id, snapshot_sha256, source_file, source_line, data_status
    FROM raw.ct_edsight_graduation__nongraduates
    WHERE organization_level <> 'state'
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
    lea_id AS organization_id,
    school_year,
    'LEA' AS organization_type,
    organization_name,
    state_abbreviation_code,
    lea_identifier_nces,
    district_code AS lea_identifier_sea,
    FALSE AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    source_id,
    snapshot_sha256,
    source_line,
    data_status
FROM placed
QUALIFY row_number() OVER (
    PARTITION BY organization_code, school_year
    ORDER BY source_file, source_line
) = 1
