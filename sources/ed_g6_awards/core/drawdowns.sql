-- Draws as the payment system has them; the agency's own books stand before it (precedence 2).
SELECT
    d.payment_request_id AS draw_id,
    d.award_id,
    a.state_abbreviation_code AS organization_id,
    d.school_year,
    d.requested_on AS drawn_on,
    d.settled_on,
    CAST(d.amount_usd AS DECIMAL(18, 2)) AS amount_usd,
    CAST(d.amount_usd AS DECIMAL(18, 2)) AS payment_system_amount_usd,
    CAST(2 AS SMALLINT) AS precedence,
    d.source_id,
    d.snapshot_sha256,
    d.source_line,
    d.data_status
FROM raw.ed_g6_awards__draws AS d, agency.settings AS a
