-- English learners of LEAs: all of them (Y), and those with disabilities. Loses rows of schools and of the state (the
-- state is the sum of its LEAs), and the other sets, which count the same learners by grade, language or race.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    CASE f.disability
        WHEN 'children_with_disabilities' THEN 'english_learner_with_disabilities'
        ELSE 'english_learner'
    END AS student_group,
    CAST(sum(f.student_count) AS BIGINT) AS english_learners,
    TRUE AS is_additive,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM raw.edfacts_fs141_english_learners__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
WHERE f.level = 'LEA' AND (f.total_indicator = 'Y' OR f.disability = 'children_with_disabilities')
GROUP BY
    o.organization_id, a.state_abbreviation_code, f.lea_identifier_sea, f.school_year, f.disability, f.source_id
