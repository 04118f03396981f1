-- The UEI under which each auditee spends its awards, one row an auditee and UEI. An auditee may have several, and another
-- one than the system that pays it knows. Loses: auditees that the crosswalk does not name; their money is refused anyway.
SELECT
    x.organization_id,
    w.school_year,
    'UEI' AS identifier_system,
    w.auditee_uei AS identifier,
    FALSE AS is_prior,
    CAST(2 AS SMALLINT) AS precedence,
    w.source_id,
    arg_min(w.snapshot_sha256, w.source_line) AS snapshot_sha256,
    min(w.source_line) AS source_line,
    arg_min(w.data_status, w.source_line) AS data_status
FROM raw.fac_single_audit__awards AS w
INNER JOIN crosswalk.auditees AS x ON x.report_id = w.report_id
GROUP BY x.organization_id, w.school_year, w.auditee_uei, w.source_id
