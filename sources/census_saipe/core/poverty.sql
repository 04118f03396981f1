-- Children in poverty by school district, the agency's state only (the workbook is national).
-- LEAID is the state code and the district id, both text: 06 and 22710 make 0622710.
-- The districts of a state cover its area once, so their rows may be summed.
SELECT
    d.state_ansi_code || d.district_id AS organization_id,
    d.school_year,
    d.population_total,
    d.population_5_17,
    d.children_5_17_in_poverty,
    TRUE AS is_additive,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.census_saipe__districts AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code
