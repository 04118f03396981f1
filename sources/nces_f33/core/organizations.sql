-- Districts as the finance survey names them (precedence 4: behind directory and EDFacts, before the Census).
SELECT
    d.lea_id_nces AS organization_id,
    d.school_year,
    'LEA' AS organization_type,
    d.lea_name AS organization_name,
    a.state_abbreviation_code,
    d.lea_id_nces AS lea_identifier_nces,
    FALSE AS is_in_directory,
    CAST(4 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.nces_f33__districts AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code
