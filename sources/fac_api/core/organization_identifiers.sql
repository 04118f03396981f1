-- UEI and employer identification number of the auditees that the crosswalk of audits names by their UEI.
-- Loses: auditees that it does not name, and identifiers that the clearinghouse's migration left out (GSA_MIGRATION).
WITH known AS (
    SELECT DISTINCT auditee_uei, organization_id FROM crosswalk.auditees
),

placed AS (
    SELECT k.organization_id, g.*
    FROM raw.fac_api__general AS g
    INNER JOIN known AS k ON k.auditee_uei = g.auditee_uei
),

told AS (
    SELECT *, 'EIN' AS identifier_system, auditee_ein AS identifier FROM placed
    UNION ALL BY NAME
    SELECT *, 'UEI' AS identifier_system, auditee_uei AS identifier FROM placed
)

SELECT
    organization_id,
    school_year,
    identifier_system,
    identifier,
    FALSE AS is_prior,
    CAST(3 AS SMALLINT) AS precedence,
    source_id,
    arg_min(snapshot_sha256, source_line) AS snapshot_sha256,
    min(source_line) AS source_line,
    arg_min(data_status, source_line) AS data_status
FROM told
WHERE identifier <> 'GSA_MIGRATION'
GROUP BY organization_id, school_year, identifier_system, identifier, source_id
