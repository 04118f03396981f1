-- Districts as EdSight's files of expenditure per pupil name them (precedence 2): the names of its revenue files, joined
-- in the same way, letter by letter, to a name of the crosswalk. One that does not join keeps the name as its id.
-- The crosswalk gives a name to one district only, so the join neither adds nor drops a row. Loses: the state, which
-- comes from the agency's settings.
WITH known AS (
    SELECT lea_name AS district_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    UNION ALL
    SELECT other_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    WHERE other_name IS NOT NULL
)

SELECT
    coalesce(
        CASE WHEN k.status = 'reviewed' THEN k.lea_identifier_nces END,
        a.state_abbreviation_code || '-' || coalesce(
            k.lea_identifier_sea, 'name-' || lower(regexp_replace(p.organization_name, '[^A-Za-z0-9]+', '-', 'g'))
        )
    ) AS organization_id,
    p.school_year,
    'LEA' AS organization_type,
    p.organization_name AS organization_name,
    a.state_abbreviation_code,
    CASE WHEN k.status = 'reviewed' THEN k.lea_identifier_nces END AS lea_identifier_nces,
    k.lea_identifier_sea,
    FALSE AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    p.source_id,
    p.snapshot_sha256,
    p.source_line,
    p.data_status
FROM raw.ct_edsight_per_pupil_expenditures__per_pupil AS p
CROSS JOIN agency.settings AS a
LEFT JOIN known AS k ON k.district_name = p.organization_name
WHERE a.state_ansi_code = '09' AND p.organization_level = 'district'
