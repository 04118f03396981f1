-- Adjusted cohorts and graduates of schools by group: of four years, or of as many as the table type says
-- (ADJCOHORT5YR; our own names, since the codes of table types were not available). A category set's rows differ in their
-- cohort status, so a cohort is the sum over statuses; all students is the subtotal by status (Y with a status).
-- Graduates are regular diplomas and state-defined alternate diplomas. Loses the grand total (Y without a status), which
-- repeats the subtotal, LEA rows (summed from schools in both views of an LEA instead), rows whose category is MISSING or
-- on no code list (those keep their capitals), and who was removed from the cohort.
WITH labelled AS (
    SELECT
        f.*,
        CAST(coalesce(nullif(regexp_extract(f.table_type, '([4-7])YR$', 1), ''), '4') AS SMALLINT) AS cohort_length,
        CASE
            WHEN f.total_indicator = 'Y' THEN 'all'
            ELSE coalesce(
                CASE
                    WHEN f.race IN ('hispanic_not_puerto_rican', 'puerto_rican') THEN 'hispanic_or_latino'
                    ELSE f.race
                END, nullif(f.disability, 'missing'), nullif(f.english_learner, 'missing'),
                nullif(f.economic, 'missing'), nullif(f.homeless, 'missing'), nullif(f.foster, 'missing')
            )
        END AS student_group
    FROM raw.edfacts_fs151_graduation_cohorts__submission AS f
    WHERE
        f.level = 'SCHOOL'
        -- One group at a time: rows that cross two are another set, which counts the same students again.
        AND CAST(f.race IS NOT NULL AS INTEGER)
        + CAST(f.disability IS NOT NULL AS INTEGER)
        + CAST(f.english_learner IS NOT NULL AS INTEGER)
        + CAST(f.economic IS NOT NULL AS INTEGER)
        + CAST(f.homeless IS NOT NULL AS INTEGER)
        + CAST(f.foster IS NOT NULL AS INTEGER) <= 1
        AND f.cohort_status IN ('regular_diploma', 'alternate_diploma', 'not_graduated', 'missing')
)
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.cohort_length,
    f.student_group,
    CAST(sum(f.student_count) AS BIGINT) AS cohort_students,
    CAST(coalesce(sum(f.student_count) FILTER (
        WHERE f.cohort_status IN ('regular_diploma', 'alternate_diploma')
    ), 0) AS BIGINT) AS graduates,
    TRUE AS is_additive,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM labelled AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE regexp_full_match(f.student_group, '[a-z_]+')
GROUP BY
    o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.cohort_length, f.student_group,
    f.source_id
