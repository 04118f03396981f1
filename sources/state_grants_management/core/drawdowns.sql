-- Draws as the agency books them.
SELECT
    d.draw_id,
    d.award_id,
    a.state_abbreviation_code AS organization_id,
    d.school_year,
    d.drawn_on,
    CAST(CAST(d.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    CAST(CAST(d.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS agency_amount_usd,
    CAST(1 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.state_grants_management__draws AS d, agency.settings AS a
