-- LEAs as the grants system knows them: their UEI, the day they closed, and into which LEA they merged, which no directory
-- tells. It lists every LEA that ever had a grant; one that closed is kept, since its money outlives it. What happens
-- after the school year is not told of it: an LEA that closes in 2026 is open in 2025. Behind any directory (precedence 7).
SELECT
    coalesce(l.lea_identifier_nces, a.state_abbreviation_code || '-' || l.lea_identifier_sea) AS organization_id,
    l.school_year,
    'LEA' AS organization_type,
    l.lea_name AS organization_name,
    a.state_abbreviation_code,
    l.lea_identifier_nces,
    l.lea_identifier_sea,
    l.uei,
    CASE WHEN l.closed_on <= make_date(a.school_year, 6, 30) THEN
        coalesce(into_.lea_identifier_nces, a.state_abbreviation_code || '-' || l.merged_into_lea_identifier_sea)
    END AS merged_into_organization_id,
    CASE WHEN l.closed_on <= make_date(a.school_year, 6, 30) THEN l.closed_on END AS closed_on,
    l.is_charter,
    CASE WHEN l.closed_on <= make_date(a.school_year, 6, 30) THEN 'Closed' END AS operational_status,
    FALSE AS is_in_directory,
    CAST(7 AS SMALLINT) AS precedence,
    l.source_id,
    l.snapshot_sha256,
    l.source_line,
    l.data_status
FROM raw.state_grants_management__leas AS l
CROSS JOIN agency.settings AS a
LEFT JOIN raw.state_grants_management__leas AS into_ -- m:1
    ON into_.lea_identifier_sea = l.merged_into_lea_identifier_sea
