-- Revenue and expenditure of districts, the agency's state only (the file is national).
-- precedence 0: where a joined or rounded copy of the survey gives the same district and year, this row stands and
-- the copy's does not, so nothing is counted twice. total_expenditure_usd is TOTALEXP: capital outlay and debt included.
-- A marker in a part of a ratio hides the figure; the parts that are there stay.
SELECT
    d.lea_id_nces AS organization_id,
    d.school_year,
    d.membership_students,
    d.total_expenditure_usd,
    d.total_revenue_usd,
    d.federal_revenue_usd,
    d.state_revenue_usd,
    d.local_revenue_usd,
    d.capital_outlay_usd,
    CASE
        WHEN 'suppressed' IN (
            d.membership_students_marker, d.total_expenditure_usd_marker,
            d.total_revenue_usd_marker, d.federal_revenue_usd_marker
        ) THEN 'suppressed_at_source'
        WHEN coalesce(
            d.membership_students_marker, d.total_expenditure_usd_marker,
            d.total_revenue_usd_marker, d.federal_revenue_usd_marker
        ) IS NOT NULL THEN 'not_reported'
    END AS suppression,
    TRUE AS is_additive,
    CAST(0 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.nces_f33__districts AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code
