-- Grantees. A community organization has no other list: its code is the state's, its name the report's. A district is not
-- named here: other systems know it. Loses: the figures, and districts that hold a grant.
SELECT
    a.state_abbreviation_code || '-cbo.' || f.grantee_code AS organization_id,
    f.school_year,
    'CBO' AS organization_type,
    arg_min(f.grantee_name, f.source_line) AS organization_name,
    a.state_abbreviation_code,
    a.state_abbreviation_code AS parent_organization_id,
    TRUE AS is_in_directory,
    CAST(9 AS SMALLINT) AS precedence,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM raw.cclc_21apr__grantees AS f, agency.settings AS a
WHERE f.grantee_type = 'CBO'
GROUP BY f.grantee_code, f.school_year, a.state_abbreviation_code, f.source_id
