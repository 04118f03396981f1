-- Learners of LEAs in their fifth year or later who are not proficient. Loses those who are, the total of both, rows
-- whose status is MISSING (an LEA without any other has no row here), and the state's row, which is the sum of its LEAs.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    'english_learner' AS student_group,
    CAST(
        coalesce(sum(f.student_count) FILTER (WHERE f.five_year_status = 'not_proficient_within_five_years'), 0) AS BIGINT
    ) AS five_year_not_proficient_students,
    TRUE AS is_additive,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM raw.edfacts_fs210_el_proficient_in_five_years__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
WHERE f.level = 'LEA' AND f.five_year_status <> 'missing'
GROUP BY o.organization_id, a.state_abbreviation_code, f.lea_identifier_sea, f.school_year, f.source_id
