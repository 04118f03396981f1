-- Chronic absence by organization, student group and grade, as published: a percentage and nothing to count with.
-- Loses: rows of "State Level" (0000000) in files of districts and schools, which repeat the state's own files.
-- is_additive is false: without counts there is no roll-up.
-- The crosswalk has at most one row a district code, so the join neither adds nor drops a row.
SELECT
    CASE
        WHEN r.organization_level = 'state' THEN a.state_abbreviation_code
        WHEN r.organization_level = 'district' AND c.lea_identifier_nces IS NOT NULL THEN c.lea_identifier_nces
        ELSE a.state_abbreviation_code || '-' || r.organization_code
    END AS organization_id,
    r.school_year,
    r.student_group,
    r.grade,
    CAST(NULL AS BIGINT) AS eligible_students,
    CAST(NULL AS BIGINT) AS chronically_absent_students,
    r.chronically_absent_percent AS rate_percent,
    CASE r.chronically_absent_percent_marker WHEN 'suppressed' THEN 'suppressed_at_source' END AS suppression,
    FALSE AS is_additive,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.ct_edsight_chronic_absence__rates AS r
CROSS JOIN agency.settings AS a
LEFT JOIN crosswalk.lea_nces AS c
    ON c.lea_identifier_sea = r.district_code AND c.status = 'reviewed'
WHERE a.state_ansi_code = '09' AND r.district_code IS DISTINCT FROM '0000000'
