-- Results of students who were enrolled for a full academic year at the school that tested them, counted by school,
-- subject and student group. Their days and groups are those of the attendance records. What comes out counts students;
-- no row is about one of them.
-- Loses students with fewer days at the school, or none that the attendance records know, and those with a medical
-- emergency. Who was tested without a performance level is tested and not proficient.
WITH results AS (
    SELECT
        coalesce(o.organization_id, a.state_abbreviation_code || '-' || r.school_identifier_sea) AS organization_id,
        r.school_year,
        r.student_id,
        CASE r.subject WHEN 'mathematics' THEN 'math' ELSE r.subject END AS subject,
        r.not_tested_reason IS NULL AS is_tested,
        r.not_tested_reason IS NULL AND r.performance_level IN ('3', '4') AS is_proficient,
        a.full_academic_year_days,
        r.source_id,
        r.snapshot_sha256,
        r.data_status
    FROM raw.assessment_vendor_results__results AS r
    CROSS JOIN agency.settings AS a
    LEFT JOIN core.organizations AS o
        ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = r.school_identifier_sea
    WHERE r.not_tested_reason IS DISTINCT FROM 'medical_exemption'
),

-- Students alike in school, subject and groups are counted before their groups are told apart.
alike AS (
    SELECT
        r.organization_id,
        r.school_year,
        r.subject,
        s.student_groups,
        count(*) AS enrolled,
        count(*) FILTER (WHERE r.is_tested) AS tested,
        count(*) FILTER (WHERE r.is_proficient) AS proficient,
        min(r.source_id) AS source_id,
        min(r.snapshot_sha256) AS snapshot_sha256,
        min(r.data_status) AS data_status
    FROM results AS r
    INNER JOIN core.student_attendance AS s
        ON s.student_id = r.student_id AND s.organization_id = r.organization_id AND s.school_year = r.school_year
    WHERE s.days_enrolled >= r.full_academic_year_days
    GROUP BY r.organization_id, r.school_year, r.subject, s.student_groups
),

grouped AS (
    SELECT
        k.*,
        unnest(list_prepend('all', k.student_groups)) AS student_group
    FROM alike AS k
)

SELECT
    g.organization_id,
    g.school_year,
    g.subject,
    g.student_group,
    CAST(sum(g.enrolled) AS BIGINT) AS enrolled_students,
    CAST(sum(g.tested) AS BIGINT) AS tested_students,
    CAST(sum(g.proficient) AS BIGINT) AS proficient_students,
    TRUE AS is_additive,
    min(g.source_id) AS source_id,
    min(g.snapshot_sha256) AS snapshot_sha256,
    min(g.data_status) AS data_status
FROM grouped AS g
GROUP BY g.organization_id, g.school_year, g.subject, g.student_group
