-- Progress of English learners by school, counted as handed over. Loses nothing: a school that no directory knows keeps
-- the state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.student_group,
    f.tested_students,
    f.tested_two_years_students,
    f.on_track_students,
    f.proficient_students,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_elp_progress__progress AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
