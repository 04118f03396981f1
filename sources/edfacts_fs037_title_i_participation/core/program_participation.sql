-- Students in Title I schoolwide and targeted assistance programs by LEA, all and one group at a time; nobody is judged, so
-- none has met anything. Loses: state rows, which are sums of LEAs, and students whose category is missing (they are in the total).
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    '84.010' AS federal_program_code,
    'title_i_participation' AS indicator,
    CASE WHEN f.total_indicator = 'Y' THEN 'all'
        ELSE coalesce(f.race, f.disability, f.english_learner, f.migrant, f.homeless) END AS student_group,
    f.student_count AS counted_participants,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.edfacts_fs037_title_i_participation__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
WHERE
    f.level = 'LEA'
    AND (f.total_indicator = 'Y'
        OR coalesce(f.race, f.disability, f.english_learner, f.migrant, f.homeless) <> 'missing')
