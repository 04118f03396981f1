-- Sources that give dollars come before those that give only percentages.
SELECT * FROM mapped.lea_finance
QUALIFY row_number() OVER (
    PARTITION BY organization_id, school_year
    ORDER BY coalesce(precedence, 1), source_id, source_line
) = 1
