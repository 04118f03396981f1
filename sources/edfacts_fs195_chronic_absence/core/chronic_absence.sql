-- Chronically absent students by school and group, from the submission (no eligible students: FS195 has none).
-- Category sets are by sex, so a group is the sum of its rows; all students is the education-unit total (Y).
-- Precedence 2: where student records are held, the counts made from them stand and these are their cross-check.
-- Loses Section 504, which is no reporting group, and rows whose category is MISSING beside the group it would name.
WITH labelled AS (
    SELECT
        f.*,
        unnest(list_filter([
            CASE WHEN f.total_indicator = 'Y' AND f.sex IS NULL AND f.race IS NULL THEN 'all' END,
            CASE WHEN f.race IS NOT NULL THEN f.race END,
            CASE WHEN f.race IS NOT NULL THEN f.sex END,
            nullif(f.disability, 'missing'),
            nullif(f.english_learner, 'missing'),
            nullif(f.homeless, 'missing')
        ], lambda g: g IS NOT NULL)) AS student_group
    FROM raw.edfacts_fs195_chronic_absence__submission AS f
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
GROUP BY o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.student_group, f.source_id
