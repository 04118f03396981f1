-- Districts as EdSight's revenue files name them (precedence 2). The files give no codes: a name joins when it is,
-- letter by letter, a name of the crosswalk. One that does not keeps the name as its id and has no code of the state
-- or of NCES; the claim finance_leas_are_known_by_an_identifier counts and lists these. Nothing is dropped.
-- The crosswalk gives a name to one district only, so the join neither adds nor drops a row.
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
            k.lea_identifier_sea, 'name-' || lower(regexp_replace(r.district_name, '[^A-Za-z0-9]+', '-', 'g'))
        )
    ) AS organization_id,
    r.school_year,
    'LEA' AS organization_type,
    r.district_name AS organization_name,
    a.state_abbreviation_code,
    CASE WHEN k.status = 'reviewed' THEN k.lea_identifier_nces END AS lea_identifier_nces,
    k.lea_identifier_sea,
    FALSE AS is_in_directory,
    CAST(2 AS SMALLINT) AS precedence,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.ct_edsight_revenue__shares AS r
CROSS JOIN agency.settings AS a
LEFT JOIN known AS k ON k.district_name = r.district_name
WHERE a.state_ansi_code = '09' AND r.variant = 'excluding_construction'
