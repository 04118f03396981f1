-- The ids that the organizations table holds, and those that only other systems tell (a second UEI, a tax number).
-- One row where several say the same: the best-ranked, a system's own word before what the organizations table made of
-- many. Schools are told by their own id, not by that of their LEA, and a
-- school's id of the state stands with its LEA's, since a number may be used again in another LEA.
WITH own AS (
    SELECT * FROM core.organizations WHERE organization_type <> 'SEA'
),

told AS (
    SELECT organization_id, school_year, identifier_system, identifier, is_prior, 'core' AS source_id, data_status,
        CAST(6 AS SMALLINT) AS precedence
    FROM (
        SELECT *, 'NCES' AS identifier_system, false AS is_prior,
            CASE organization_type WHEN 'SCHOOL' THEN school_identifier_nces ELSE lea_identifier_nces END AS identifier
        FROM own
        UNION ALL BY NAME
        SELECT *, 'SEA' AS identifier_system, false AS is_prior,
            CASE organization_type
                WHEN 'SCHOOL' THEN coalesce(lea_identifier_sea || '-', '') || school_identifier_sea
                ELSE lea_identifier_sea
            END AS identifier
        FROM own
        UNION ALL BY NAME
        SELECT *, 'SEA' AS identifier_system, true AS is_prior,
            CASE organization_type
                WHEN 'SCHOOL' THEN coalesce(prior_lea_identifier_sea, lea_identifier_sea) || '-'
                    || coalesce(prior_school_identifier_sea, school_identifier_sea)
                ELSE prior_lea_identifier_sea
            END AS identifier
        FROM own
        WHERE prior_lea_identifier_sea IS NOT NULL OR prior_school_identifier_sea IS NOT NULL
        UNION ALL BY NAME
        SELECT *, 'UEI' AS identifier_system, false AS is_prior, uei AS identifier FROM own
    )
    UNION ALL BY NAME
    SELECT * FROM mapped.organization_identifiers
)

SELECT * FROM told
WHERE identifier IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY organization_id, school_year, identifier_system, identifier
    ORDER BY is_prior, coalesce(precedence, 5), source_id, source_line
) = 1
