-- Scores and participation of a cell come in two files of one state: rows that only say who was to be tested fill in what
-- the row of scores does not have. Lineage is that of the scores; a cell where nobody has a score stands by itself.
-- Two sources that both give scores, or both participation, of a cell stay two rows, which the key refuses.
WITH results AS (
    SELECT * FROM mapped.assessment_results WHERE coalesce(has_results, true)
),

participation AS (
    SELECT * FROM mapped.assessment_results WHERE NOT has_results
)

SELECT
    organization_id,
    school_year,
    subject,
    grade,
    student_group,
    coalesce(r.enrolled_students, p.enrolled_students) AS enrolled_students,
    coalesce(r.tested_students, p.tested_students) AS tested_students,
    coalesce(r.alternate_tested_students, p.alternate_tested_students) AS alternate_tested_students,
    r.scored_students,
    r.proficient_students,
    r.proficient_percent,
    coalesce(r.participation_percent, p.participation_percent) AS participation_percent,
    r.source_id IS NOT NULL AS has_results,
    CASE WHEN r.source_id IS NULL THEN p.suppression ELSE r.suppression END AS suppression,
    coalesce(r.is_additive, p.is_additive) AS is_additive,
    coalesce(r.source_id, p.source_id) AS source_id,
    CASE WHEN r.source_id IS NULL THEN p.snapshot_sha256 ELSE r.snapshot_sha256 END AS snapshot_sha256,
    CASE WHEN r.source_id IS NULL THEN p.source_line ELSE r.source_line END AS source_line,
    coalesce(r.data_status, p.data_status) AS data_status
FROM results AS r
FULL JOIN participation AS p USING (organization_id, school_year, subject, grade, student_group)
