-- Shares of revenue by district, in percent, without school construction. Dollars are not published, so nothing can
-- be added up. Loses: the shares with school construction (they stay in raw), and tuition and other revenue, which
-- the core table has no column for: the three shares do not make 100.
-- Names join as in organizations.sql, and the id is made the same way.
WITH known AS (
    SELECT lea_name AS district_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    UNION ALL
    SELECT other_name, lea_identifier_sea, lea_identifier_nces, status
    FROM crosswalk.lea_nces
    WHERE other_name IS NOT NULL
)

SELECT
    coalesce(
        CASE WHEN k.status = 'reviewed' THEN k.lea_identifier_nces END,
        a.state_abbreviation_code || '-' || coalesce(
            k.lea_identifier_sea, 'name-' || lower(regexp_replace(r.district_name, '[^A-Za-z0-9]+', '-', 'g'))
        )
    ) AS organization_id,
    r.school_year,
    r.federal_percent AS federal_revenue_percent,
    r.state_percent AS state_revenue_percent,
    r.local_percent AS local_revenue_percent,
    FALSE AS is_additive,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.ct_edsight_revenue__shares AS r
CROSS JOIN agency.settings AS a
LEFT JOIN known AS k ON k.district_name = r.district_name
WHERE a.state_ansi_code = '09' AND r.variant = 'excluding_construction'
