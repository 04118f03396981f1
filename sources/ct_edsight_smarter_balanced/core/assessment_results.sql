-- Results by organization, subject, grade and student group, counts and percentages as published.
-- Loses: "not eligible" of the three-level meal files, which are the same students as in the two-level files.
-- A row may show some cells and hide others; it counts as hidden when the number of proficient students is.
-- is_additive is false: a district counts students placed elsewhere, so its schools do not add up to it, and some
-- districts are hidden, so districts do not add up to the state.
-- The crosswalk has at most one row a district code, so the join neither adds nor drops a row.
WITH results AS (
    SELECT * FROM raw.ct_edsight_smarter_balanced__grades_combined
    UNION ALL BY NAME
    SELECT * FROM raw.ct_edsight_smarter_balanced__grades
)

SELECT
    CASE
        WHEN r.organization_level = 'district' AND c.lea_identifier_nces IS NOT NULL THEN c.lea_identifier_nces
        ELSE a.state_abbreviation_code || '-' || r.organization_code
    END AS organization_id,
    r.school_year,
    r.subject,
    r.grade,
    r.student_group,
    r.enrolled_students,
    r.tested_students,
    r.scored_students,
    r.proficient_students,
    r.proficient_percent,
    r.participation_percent,
    CASE r.proficient_students_marker WHEN 'suppressed' THEN 'suppressed_at_source' END AS suppression,
    TRUE AS has_results,
    FALSE AS is_additive,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM results AS r
CROSS JOIN agency.settings AS a
LEFT JOIN crosswalk.lea_nces AS c
    ON c.lea_identifier_sea = r.district_code AND c.status = 'reviewed'
WHERE a.state_ansi_code = '09' AND r.student_group <> 'not_free_or_reduced_lunch_of_three_levels'
