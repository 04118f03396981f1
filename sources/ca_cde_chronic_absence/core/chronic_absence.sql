-- Counts and rates by school and group. Where nobody is eligible the file prints a rate of 0.0, which is no rate.
SELECT
    coalesce(
        n.school_identifier_nces, 'CA-' || f.county_code || f.district_code || f.school_code
    ) AS organization_id,
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
LEFT JOIN raw.nces_school_directory__schools AS n
    ON substr(n.state_school_id, length(n.state_district_id) + 2) = f.school_code
