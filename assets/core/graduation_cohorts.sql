-- A source that gives counts comes before one that gives only percentages or ranges of the same cohort.
SELECT * FROM mapped.graduation_cohorts
QUALIFY row_number() OVER (
    PARTITION BY organization_id, school_year, cohort_length, student_group
    ORDER BY coalesce(precedence, 1), graduates IS NULL, source_id, source_line
) = 1
