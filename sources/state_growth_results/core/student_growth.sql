-- Growth by school, subject, grade and student group, counted as handed over. Loses nothing: a school that no directory
-- knows keeps the state's id. All students and all grades are lines of their own and are not summed here.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.subject,
    f.grade,
    f.student_group,
    f.two_score_students,
    f.growth_met_students,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_growth_results__growth AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
