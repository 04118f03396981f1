-- Children whose parents consented to a first evaluation, and those evaluated in time, by district. Loses nothing.
-- A district that no directory knows keeps the state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    '84.027' AS federal_program_code,
    'idea_evaluation_on_time' AS indicator,
    'all' AS student_group,
    f.consented_children AS counted_participants,
    f.evaluated_on_time_children AS met_participants,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_idea_evaluations__evaluations AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
