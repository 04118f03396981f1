-- Students of districts, of schools where a file has them (2014-15 and 2015-16), and of the state. A group's row is that of
-- its own breakdown; the total, which every breakdown repeats, is that of all students. Districts are summed to the state,
-- schools are not summed again. Loses nothing but repeated totals. A hidden count stays hidden.
WITH placed AS (
    SELECT
        f.*,
        a.state_abbreviation_code,
        coalesce(c.lea_identifier_nces, a.state_abbreviation_code || '-' || f.district_code) AS lea_id
    FROM raw.ct_edsight_enrollment__counts AS f
    CROSS JOIN agency.settings AS a
    LEFT JOIN crosswalk.lea_nces AS c
        ON c.lea_identifier_sea = f.district_code AND c.status = 'reviewed'
    WHERE a.state_ansi_code = '09'
)

SELECT
    CASE f.organization_level
        WHEN 'state' THEN f.state_abbreviation_code
        WHEN 'district' THEN f.lea_id
        ELSE f.state_abbreviation_code || '-' || f.organization_code
    END AS organization_id,
    f.school_year,
    f.student_group,
    f.grade,
    f.students AS enrolled_students,
    CASE WHEN f.students IS NULL THEN
        CASE f.students_marker WHEN 'suppressed' THEN 'suppressed_at_source' ELSE 'not_reported' END
    END AS suppression,
    f.organization_level = 'district' AS is_additive,
    CAST(1 AS SMALLINT) AS precedence,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM placed AS f
WHERE (f.breakdown = 'all-students') = (f.student_group = 'all' AND f.grade = 'all')
