-- Who was to be tested in schools and who was, by grade and group, and of all tested grades together; merged with the
-- scores of the same cell in core. A row counts one group, or all students (Y), by how they took part: summed over.
-- Whoever had a medical emergency does not count against participation (MEDEXEMPT is neither enrolled nor tested).
-- Loses rows whose category or grade is MISSING or on no code list (those keep their capitals), rows that cross two
-- groups, and rows of LEAs and the state. Whose way of taking part is MISSING, or on no list, counts as enrolled only.
WITH labelled AS (
    SELECT
        f.*,
        CASE
            WHEN f.total_indicator = 'Y' THEN 'all'
            ELSE coalesce(
                CASE
                    WHEN f.race IN ('hispanic_not_puerto_rican', 'puerto_rican') THEN 'hispanic_or_latino'
                    ELSE f.race
                END, f.sex, nullif(f.disability, 'missing'), nullif(f.english_learner, 'missing'),
                nullif(f.migrant, 'missing'), nullif(f.economic, 'missing'), nullif(f.homeless, 'missing'),
                nullif(f.foster, 'missing'), nullif(f.military, 'missing')
            )
        END AS student_group
    FROM raw.edfacts_fs189_science_participation__submission AS f
    -- One group at a time: rows that cross two are another set, which counts the same students again.
    WHERE
        f.level = 'SCHOOL'
        AND f.participation <> 'medical_exemption'
        AND CAST(f.race IS NOT NULL AS INTEGER)
        + CAST(f.sex IS NOT NULL AS INTEGER)
        + CAST(f.disability IS NOT NULL AS INTEGER)
        + CAST(f.english_learner IS NOT NULL AS INTEGER)
        + CAST(f.migrant IS NOT NULL AS INTEGER)
        + CAST(f.economic IS NOT NULL AS INTEGER)
        + CAST(f.homeless IS NOT NULL AS INTEGER)
        + CAST(f.foster IS NOT NULL AS INTEGER)
        + CAST(f.military IS NOT NULL AS INTEGER) <= 1
),

by_grade AS (
    SELECT
        l.* EXCLUDE (grade),
        unnest(['all', l.grade]) AS grade,
        l.participation NOT IN ('not_participated', 'missing')
        AND regexp_full_match(l.participation, '[a-z0-9_]+') AS took_part
    FROM labelled AS l
    WHERE regexp_full_match(l.student_group, '[a-z_]+') AND regexp_full_match(l.grade, '[0-9]{2}|hs')
)
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    'science' AS subject,
    f.grade,
    f.student_group,
    CAST(sum(f.student_count) AS BIGINT) AS enrolled_students,
    CAST(coalesce(sum(f.student_count) FILTER (WHERE f.took_part), 0) AS BIGINT) AS tested_students,
    CAST(coalesce(sum(f.student_count) FILTER (WHERE f.participation = 'alternate'), 0) AS BIGINT)
        AS alternate_tested_students,
    FALSE AS has_results,
    TRUE AS is_additive,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM by_grade AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
GROUP BY
    o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.grade, f.student_group,
    f.source_id
