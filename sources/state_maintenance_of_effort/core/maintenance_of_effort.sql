-- The two fiscal years of an LEA beside each other. An LEA that has only one of them keeps its row and is not judged.
-- Loses lines of fiscal years that the determination does not compare.
SELECT
    coalesce(
        min(o.organization_id), any_value(a.state_abbreviation_code) || '-' || e.lea_identifier_sea
    ) AS organization_id,
    e.school_year,
    max(e.fiscal_effort_usd) FILTER (WHERE e.fiscal_year = e.school_year - 1) AS effort_usd,
    max(e.membership_students) FILTER (WHERE e.fiscal_year = e.school_year - 1) AS membership_students,
    max(e.fiscal_effort_usd) FILTER (WHERE e.fiscal_year = e.school_year - 2) AS effort_before_usd,
    max(e.membership_students) FILTER (WHERE e.fiscal_year = e.school_year - 2) AS membership_before_students,
    min(e.source_id) AS source_id,
    min(e.snapshot_sha256) AS snapshot_sha256,
    min(e.source_line) AS source_line,
    min(e.data_status) AS data_status
FROM raw.state_maintenance_of_effort__effort AS e
CROSS JOIN agency.settings AS a
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = e.lea_identifier_sea
WHERE e.fiscal_year IN (e.school_year - 1, e.school_year - 2)
GROUP BY e.lea_identifier_sea, e.school_year
