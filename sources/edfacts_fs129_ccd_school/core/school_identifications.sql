-- Which schools have a Title I program. A school that is eligible without a program is no Title I school. Loses: the other
-- attributes, and schools whose status is missing or on no code list (nothing is known of them).
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.title_i_status IN ('targeted_program', 'schoolwide_eligible_targeted_program', 'schoolwide_program') AS is_title_i,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.edfacts_fs129_ccd_school__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE f.title_i_status IN (
    'targeted_eligible_no_program', 'targeted_program', 'schoolwide_eligible_targeted_program',
    'schoolwide_eligible_no_program', 'schoolwide_program', 'not_eligible'
)
