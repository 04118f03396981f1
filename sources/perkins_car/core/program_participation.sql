-- Concentrators, and those who met the measure of program quality, by district and group. Loses nothing: a district that
-- no directory knows keeps the state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    '84.048' AS federal_program_code,
    'perkins_program_quality' AS indicator,
    f.student_group AS student_group,
    f.concentrators AS counted_participants,
    f.met_program_quality_concentrators AS met_participants,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.perkins_car__concentrators AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
