-- Where the agency holds student records they are counted here; otherwise the published counts stand.
-- A student is judged at each school where he or she was enrolled long enough (EDFacts FS195).
WITH judged AS (
    SELECT
        s.organization_id,
        s.school_year,
        s.days_absent * 100 >= a.chronic_absence_percent * s.days_enrolled AS is_chronically_absent,
        unnest(list_prepend('all', s.student_groups)) AS student_group,
        s.data_status
    FROM core.student_attendance AS s, agency.settings AS a
    WHERE s.days_enrolled >= a.minimum_days_enrolled
),

counted AS (
    SELECT
        organization_id,
        school_year,
        student_group,
        'all' AS grade,
        count(*) AS eligible_students,
        count(*) FILTER (WHERE is_chronically_absent) AS chronically_absent_students,
        true AS is_additive,
        'core' AS source_id,
        min(data_status) AS data_status,
        CAST(0 AS SMALLINT) AS precedence
    FROM judged
    GROUP BY organization_id, school_year, student_group
)

SELECT * FROM (
    SELECT * FROM counted
    UNION ALL BY NAME
    SELECT * FROM mapped.chronic_absence
)
QUALIFY row_number() OVER (
    PARTITION BY organization_id, school_year, student_group, grade
    ORDER BY coalesce(precedence, 1), source_id, source_line
) = 1
