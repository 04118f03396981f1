-- A learner's progress is told by school, numbers of learners and of long-term learners by LEA in two files: rows of one
-- organization and group become one. A file has no row for nobody, so an LEA with learners that the file of long-term
-- learners leaves out has none of them, if that file is there at all. What one source says twice of an organization and
-- group stays two rows, which the key refuses.
WITH numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY organization_id, school_year, student_group, source_id ORDER BY source_line
        ) AS mention
    FROM mapped.el_progress
),

merged AS (
    SELECT
        organization_id,
        school_year,
        student_group,
        max(english_learners) AS english_learners,
        max(five_year_not_proficient_students) AS five_year_not_proficient_students,
        max(tested_students) AS tested_students,
        max(tested_two_years_students) AS tested_two_years_students,
        max(on_track_students) AS on_track_students,
        max(proficient_students) AS proficient_students,
        max(suppression) AS suppression,
        bool_and(is_additive) AS is_additive,
        CASE WHEN count(DISTINCT source_id) = 1 THEN min(source_id) ELSE 'core' END AS source_id,
        CASE WHEN count(*) = 1 THEN min(snapshot_sha256) END AS snapshot_sha256,
        CASE WHEN count(*) = 1 THEN min(source_line) END AS source_line,
        min(data_status) AS data_status
    FROM numbered
    GROUP BY organization_id, school_year, student_group, mention
),

covered AS (
    SELECT coalesce(bool_or(five_year_not_proficient_students IS NOT NULL), false) AS has_long_term FROM merged
)

SELECT
    m.* REPLACE (
        CASE
            WHEN m.english_learners IS NOT NULL AND m.student_group = 'english_learner' AND c.has_long_term
                THEN coalesce(m.five_year_not_proficient_students, 0)
            ELSE m.five_year_not_proficient_students
        END AS five_year_not_proficient_students
    )
FROM merged AS m
CROSS JOIN covered AS c
