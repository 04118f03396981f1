-- Support and improvement status of each school (ESEA 1111(d)). A school that has exited is no longer in support; a status
-- that is missing is not known. Codes of additional targeted support are on no list: ADDLTSI and ATSI say yes, the same with
-- NOT before or EXIT behind say no, others are not known. Loses nothing: a school that no directory knows keeps the state's id.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    CASE f.comprehensive_support
        WHEN 'comprehensive_support' THEN TRUE
        WHEN 'not_comprehensive_support' THEN FALSE
        WHEN 'comprehensive_support_exited' THEN FALSE
    END AS is_comprehensive_support,
    CASE f.targeted_support
        WHEN 'targeted_support' THEN TRUE
        WHEN 'not_targeted_support' THEN FALSE
        WHEN 'targeted_support_exited' THEN FALSE
    END AS is_targeted_support,
    CASE
        WHEN f.additional_targeted_support IN ('ADDLTSI', 'ATSI') THEN TRUE
        WHEN f.additional_targeted_support IN ('NOTADDLTSI', 'NOTATSI', 'ADDLTSIEXIT', 'ATSIEXIT') THEN FALSE
    END AS is_additional_targeted_support,
    TRUE AS is_additive,
    CAST(1 AS SMALLINT) AS precedence,
    f.source_id,
    f.snapshot_sha256,
    f.source_line,
    f.data_status
FROM raw.edfacts_fs206_school_support__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE f.level = 'SCHOOL'
