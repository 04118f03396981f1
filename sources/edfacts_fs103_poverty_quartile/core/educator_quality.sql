-- In which quarter of the state's schools by poverty a school is. The code list was not available; HIGHQUART and LOWQUART are
-- the quarter with most and with least poverty, NEITHER those between. Loses: schools without a quarter or with another code.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    CASE f.poverty_quartile WHEN 'HIGHQUART' THEN 'high' WHEN 'LOWQUART' THEN 'low' ELSE 'between' END AS poverty_quartile,
    TRUE AS is_additive,
    CAST(2 AS SMALLINT) AS precedence,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.edfacts_fs103_poverty_quartile__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE f.poverty_quartile IN ('HIGHQUART', 'LOWQUART', 'NEITHER')
