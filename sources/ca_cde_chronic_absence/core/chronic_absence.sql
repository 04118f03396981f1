-- Counts and rates by school and group. Where nobody is eligible the file prints a rate of 0.0, which is no rate.
SELECT
    o.organization_id,
    f.school_year,
    f.student_group,
    'all' AS grade,
    f.eligible_students,
    f.chronically_absent_students,
    CASE WHEN f.eligible_students > 0 THEN f.rate_percent END AS rate_percent,
    true AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.ca_cde_chronic_absence__absence AS f
LEFT JOIN core.organizations AS o
    ON o.school_identifier_sea = f.school_code AND o.organization_type = 'SCHOOL'
