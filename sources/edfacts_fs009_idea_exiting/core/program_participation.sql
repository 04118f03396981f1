-- Youth with disabilities who left by graduating, with a certificate, at the maximum age or by dropping out, and those of
-- them with a regular diploma (IDEA SPP/APR indicator B1), by LEA. The subtotal by basis has each of them once; every other
-- set counts the same youth again. Loses: who moved, returned to regular education or died, who are no part of the measure;
-- rows of no known basis; and the state's own rows, which are the sum of its LEAs.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    '84.027' AS federal_program_code,
    'idea_regular_diploma' AS indicator,
    'all' AS student_group,
    CAST(sum(f.student_count) AS BIGINT) AS counted_participants,
    CAST(coalesce(sum(f.student_count) FILTER (WHERE f.basis_of_exit = 'regular_diploma'), 0) AS BIGINT)
        AS met_participants,
    TRUE AS is_additive,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM raw.edfacts_fs009_idea_exiting__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
WHERE
    f.level = 'LEA'
    AND f.basis_of_exit IN ('regular_diploma', 'alternate_diploma', 'certificate', 'maximum_age', 'dropped_out')
    AND coalesce(f.race, f.sex, f.disability_category, f.age, f.english_learner) IS NULL
GROUP BY o.organization_id, a.state_abbreviation_code, f.lea_identifier_sea, f.school_year, f.source_id
