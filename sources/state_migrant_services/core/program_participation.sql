-- Children with priority for services, and those who were served, by district. Loses: all eligible children, who have no
-- part in the measure. A district that no directory knows keeps the state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.lea_identifier_sea) AS organization_id,
    f.school_year,
    '84.011' AS federal_program_code,
    'migrant_priority_served' AS indicator,
    'all' AS student_group,
    f.priority_children AS counted_participants,
    f.priority_served_children AS met_participants,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_migrant_services__services AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.lea_identifier_sea
