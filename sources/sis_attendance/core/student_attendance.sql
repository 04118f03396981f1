-- Days enrolled and absent of each student at each school. A mover has a row at each school.
-- Loses nothing: a student-day of a student or school that the extract does not list keeps its row, with a grade or
-- organization the contract refuses. The extract's own school year must be the one declared, or it has no rows.
WITH days AS (
    SELECT
        d.student_id,
        d.school_identifier_sea,
        d.school_year,
        count(*) AS days_enrolled,
        count(*) FILTER (WHERE d.attendance_status <> 'present') AS days_absent,
        any_value(d.source_id) AS source_id,
        min(d.snapshot_sha256) AS snapshot_sha256,
        min(d.data_status) AS data_status
    FROM raw.sis_attendance__attendance AS d
    GROUP BY d.student_id, d.school_identifier_sea, d.school_year
)
SELECT
    d.student_id,
    coalesce(c.school_identifier_nces, a.state_abbreviation_code || '-' || d.school_identifier_sea) AS organization_id,
    d.school_year,
    s.grade,
    CAST(d.days_enrolled AS SMALLINT) AS days_enrolled,
    CAST(d.days_absent AS SMALLINT) AS days_absent,
    list_filter([
        s.race_ethnicity,
        s.sex,
        CASE WHEN s.children_with_disabilities THEN 'children_with_disabilities' END,
        CASE WHEN s.english_learner THEN 'english_learner' END,
        CASE WHEN s.economically_disadvantaged THEN 'economically_disadvantaged' END,
        CASE WHEN s.homeless THEN 'homeless' END,
        CASE WHEN s.migrant THEN 'migrant' END,
        CASE WHEN s.foster THEN 'foster' END,
        CASE WHEN s.military_connected THEN 'military_connected' END
    ], lambda g: g IS NOT NULL) AS student_groups,
    d.source_id,
    d.snapshot_sha256,
    CAST(NULL AS BIGINT) AS source_line,
    d.data_status
FROM days AS d
CROSS JOIN agency.settings AS a
LEFT JOIN raw.sis_attendance__students AS s
    ON s.student_id = d.student_id AND s.extract_school_year = d.school_year
LEFT JOIN raw.sis_attendance__schools AS c
    ON c.school_identifier_sea = d.school_identifier_sea AND c.extract_school_year = d.school_year
