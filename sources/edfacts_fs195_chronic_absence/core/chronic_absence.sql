-- Chronically absent students by school and group, from the submission (no eligible students: FS195 has none).
-- Category sets are by sex, so a group is the sum of its rows; all students is the education-unit total (Y).
-- Precedence 2: where student records are held, the counts made from them stand and these are their cross-check.
-- Rows of other crossings count the same students again and are left out.
-- Loses Section 504, which is no reporting group, and rows whose category is MISSING or on no code list (those keep their
-- capitals) beside the group it would name.
WITH labelled AS (
    SELECT
        f.*,
        unnest(list_filter([
            CASE WHEN f.category_set = 'TOT' THEN 'all' END,
            f.race,
            CASE WHEN f.race IS NOT NULL THEN f.sex END,
            nullif(f.disability, 'missing'),
            nullif(f.english_learner, 'missing'),
            nullif(f.homeless, 'missing')
        ], lambda g: g IS NOT NULL)) AS student_group
    FROM raw.edfacts_fs195_chronic_absence__submission AS f
    WHERE
        f.category_set = 'TOT'
        OR (
            f.sex IS NOT NULL
            AND CAST(f.race IS NOT NULL AS INTEGER)
            + CAST(f.disability IS NOT NULL AS INTEGER)
            + CAST(f.section_504 IS NOT NULL AS INTEGER)
            + CAST(f.english_learner IS NOT NULL AS INTEGER)
            + CAST(f.homeless IS NOT NULL AS INTEGER) = 1
        )
)
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.student_group,
    'all' AS grade,
    CAST(sum(f.student_count) AS BIGINT) AS chronically_absent_students,
    TRUE AS is_additive,
    CAST(2 AS SMALLINT) AS precedence,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM labelled AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE regexp_full_match(f.student_group, '[a-z_]+')
GROUP BY o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.student_group, f.source_id
