-- All current expenditure per pupil of districts and of the state, whole dollars as published: no land, buildings or
-- debt. Loses: the purposes, each divided by students of its own, so that they do not add up; they stay in raw.
-- is_additive is false: the students it is divided by are not published.
-- Names join as in the organizations of the revenue files, and the id is made the same way.
WITH known AS (
    SELECT lea_name AS district_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    UNION ALL
    SELECT other_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    WHERE other_name IS NOT NULL
)

SELECT
    CASE WHEN p.organization_level = 'state' THEN a.state_abbreviation_code ELSE coalesce(
        CASE WHEN k.status = 'reviewed' THEN k.lea_identifier_nces END,
        a.state_abbreviation_code || '-' || coalesce(
            k.lea_identifier_sea, 'name-' || lower(regexp_replace(p.organization_name, '[^A-Za-z0-9]+', '-', 'g'))
        )
    ) END AS organization_id,
    p.school_year,
    p.total_usd AS current_per_pupil_usd,
    FALSE AS is_additive,
    p.source_id,
    p.snapshot_sha256,
    p.source_line,
    p.data_status
FROM raw.ct_edsight_per_pupil_expenditures__per_pupil AS p
CROSS JOIN agency.settings AS a
LEFT JOIN known AS k ON k.district_name = p.organization_name
WHERE a.state_ansi_code = '09'
