-- Membership of the state's schools as NCES publishes it, by grade and by one group at a time. It repeats what the state
-- submitted, so it stands only for schools of which no submission is read (precedence 2). Loses: districts, which are sums of
-- schools; the wide files up to 2015-16; groups and grades without a category, grade 13 and adults by grade. By race and sex, adults are left out.
-- A count that is missing or hidden makes its group one that is not shown.
WITH labelled AS (
    SELECT f.*, unnest(CASE f.count_set
        WHEN 'race_sex' THEN [f.race, f.sex]
        WHEN 'detail' THEN [f.race, f.sex]
        ELSE ['all']
    END) AS student_group,
    CASE WHEN f.count_set IN ('grade', 'detail') THEN f.grade ELSE 'all' END AS told_grade
    FROM raw.nces_ccd_membership__schools AS f
    INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
    WHERE f.count_set IN ('total', 'grade', 'race_sex', 'detail')
)

SELECT
    f.school_identifier_nces AS organization_id,
    f.school_year,
    f.student_group,
    f.told_grade AS grade,
    CASE WHEN count(*) = count(f.students) THEN CAST(sum(f.students) AS BIGINT) END AS enrolled_students,
    CASE
        WHEN count(*) = count(f.students) THEN NULL
        WHEN bool_or(f.students_marker = 'suppressed') THEN 'suppressed_at_source'
        ELSE 'not_reported'
    END AS suppression,
    TRUE AS is_additive,
    CAST(2 AS SMALLINT) AS precedence,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM labelled AS f
WHERE f.student_group NOT IN ('none', 'not_specified', 'not_applicable')
    AND f.told_grade NOT IN ('none', 'not_specified', 'not_applicable', '13', 'adult')
GROUP BY f.school_identifier_nces, f.school_year, f.student_group, f.told_grade, f.source_id
