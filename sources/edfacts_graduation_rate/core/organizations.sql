-- Schools and districts as this file names them, behind any directory (precedence 3).
-- Loses: organizations of other states. One row a school from its all-students row; one a district from its first line.
WITH schools AS (
    SELECT g.*
    FROM raw.edfacts_graduation_rate__graduation_rate AS g, agency.settings AS a
    WHERE g.state_ansi_code = a.state_ansi_code AND g.student_group = 'all'
)
SELECT
    s.school_id_nces AS organization_id,
    s.school_year,
    'SCHOOL' AS organization_type,
    s.school_name AS organization_name,
    a.state_abbreviation_code,
    s.lea_id_nces AS lea_identifier_nces,
    s.school_id_nces AS school_identifier_nces,
    s.lea_id_nces AS reporting_lea_id,
    FALSE AS is_in_directory,
    CAST(3 AS SMALLINT) AS precedence,
    s.source_id,
    s.snapshot_sha256,
    s.source_line,
    s.data_status
FROM schools AS s, agency.settings AS a
UNION ALL BY NAME
SELECT
    s.lea_id_nces AS organization_id,
    s.school_year,
    'LEA' AS organization_type,
    arg_min(s.lea_name, s.source_line) AS organization_name,
    a.state_abbreviation_code,
    s.lea_id_nces AS lea_identifier_nces,
    FALSE AS is_in_directory,
    CAST(3 AS SMALLINT) AS precedence,
    s.source_id,
    arg_min(s.snapshot_sha256, s.source_line) AS snapshot_sha256,
    min(s.source_line) AS source_line,
    arg_min(s.data_status, s.source_line) AS data_status
FROM schools AS s, agency.settings AS a
GROUP BY s.lea_id_nces, s.school_year, a.state_abbreviation_code, s.source_id
