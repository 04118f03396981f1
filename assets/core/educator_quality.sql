-- Teachers of each school beside the school's quarter by poverty, which another file tells. Loses: quarters of schools
-- without a count of teachers.
SELECT
    organization_id,
    school_year,
    max(poverty_quartile) AS poverty_quartile,
    max(teachers_fte) AS teachers_fte,
    max(inexperienced_fte) AS inexperienced_fte,
    max(out_of_field_fte) AS out_of_field_fte,
    max(emergency_fte) AS emergency_fte,
    bool_and(is_additive) AS is_additive,
    arg_min(source_id, place) AS source_id,
    max(snapshot_sha256) FILTER (WHERE place = 1) AS snapshot_sha256,
    max(source_line) FILTER (WHERE place = 1) AS source_line,
    arg_min(data_status, place) AS data_status
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY organization_id, school_year ORDER BY coalesce(precedence, 5), source_id, source_line
    ) AS place
    FROM mapped.educator_quality
)
GROUP BY organization_id, school_year
HAVING max(teachers_fte) IS NOT NULL
