-- Expenditure of each school by fund and object, as handed over. Loses nothing: a school that no directory knows keeps the
-- state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.membership_students,
    f.federal_personnel_usd,
    f.federal_nonpersonnel_usd,
    f.state_local_personnel_usd,
    f.state_local_nonpersonnel_usd,
    f.capital_and_debt_usd,
    TRUE AS is_additive,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.state_school_expenditures__expenditures AS f
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
