-- Why a school is in support: the reasons and student groups that apply to it (YES). Loses: reasons that do not apply or of
-- which nothing is known, and in which kind of targeted support (targeted or additional) a group put the school.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    list_sort(list(DISTINCT f.reason) FILTER (WHERE f.reason IS NOT NULL)) AS comprehensive_support_reasons,
    list_sort(list(DISTINCT f.subgroup) FILTER (WHERE f.subgroup IS NOT NULL)) AS targeted_support_groups,
    TRUE AS is_additive,
    CAST(2 AS SMALLINT) AS precedence,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM raw.edfacts_fs212_support_reasons__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE f.level = 'SCHOOL' AND f.applicability = 'YES'
    AND coalesce(f.reason, '') <> 'missing' AND coalesce(f.subgroup, '') <> 'missing'
GROUP BY o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.source_id
