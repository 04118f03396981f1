-- Percent met by school and group; proficient students are not counted in the file, so nothing is summed.
-- Where nobody was tested the file prints 0, which is no rate.
SELECT
    coalesce(
        n.school_identifier_nces, 'CA-' || f.county_code || f.district_code || f.school_code
    ) AS organization_id,
    f.school_year,
    'ela' AS subject,
    'all' AS grade,
    f.student_group,
    f.enrolled_students,
    f.tested_students,
    CASE WHEN f.tested_students > 0 THEN f.met_percent END AS proficient_percent,
    CASE WHEN f.enrolled_students > 0 THEN f.tested_percent END AS participation_percent,
    CASE
        WHEN f.tested_students_marker = 'not_tested' OR f.met_percent_marker = 'not_tested' THEN 'not_tested'
        WHEN f.met_percent_marker IS NOT NULL THEN 'suppressed_at_source'
    END AS suppression,
    true AS has_results,
    false AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.ca_cde_ela__results AS f
LEFT JOIN raw.nces_school_directory__schools AS n
    ON substr(n.state_school_id, length(n.state_district_id) + 2) = f.school_code
