-- Revenue and expenditure of districts, the agency's state only (the file is national).
-- total_expenditure_usd is TOTALEXP: it includes capital outlay and debt.
-- is_additive: release 2019 is its author's inner join with proficiency, so districts are missing from it and the sum
-- of its rows is not the state's figure. Only that release has joined_scored_students; a complete survey file has not.
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
    d.joined_scored_students IS NULL AS is_additive,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.lea_finance__districts AS d, agency.settings AS a
WHERE d.state_ansi_code = a.state_ansi_code
