-- School cohorts and rates of the agency's state, one row a school and student group, every row of the file kept.
-- Loses: schools of other states (they stay in raw). The file is national.
-- Graduates are not published: a rate is a whole percent for some cohorts above 200 students and all above 300, and a
-- range or PS below, so graduates stay null rather than be worked out from a rounded rate. is_additive lets cohorts be
-- summed; with ranged rates the result is a bound, and only over the schools that print a cohort (source.yml).
SELECT
    g.school_id_nces AS organization_id,
    g.school_year,
    CAST(4 AS SMALLINT) AS cohort_length,
    g.student_group,
    g.cohort AS cohort_students,
    CAST(NULL AS BIGINT) AS graduates,
    g.rate AS rate_percent,
    CASE WHEN g.rate_kind = 'ranged' THEN g.rate_low END AS rate_percent_low,
    CASE WHEN g.rate_kind = 'ranged' THEN g.rate_high END AS rate_percent_high,
    CASE g.rate_kind
        WHEN 'suppressed' THEN 'suppressed_at_source'
        WHEN 'not_reported' THEN 'not_reported'
    END AS suppression,
    TRUE AS is_additive,
    g.source_id,
    g.snapshot_sha256,
    g.source_line,
    g.data_status
FROM raw.edfacts_graduation_rate__graduation_rate AS g, agency.settings AS a
WHERE g.state_ansi_code = a.state_ansi_code
