SELECT
    r.review_id,
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || r.lea_identifier_sea) AS organization_id,
    r.school_year,
    r.planned_on,
    r.completed_on,
    r.risk_level,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.state_monitoring__reviews AS r
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o -- m:1
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = r.lea_identifier_sea
