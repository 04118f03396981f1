-- What each action added to an award, signed.
SELECT
    m.award_id,
    CAST(m.modification_number AS BIGINT) AS modification_number,
    m.school_year,
    m.action AS award_action,
    m.action_on AS acted_on,
    CAST(CAST(m.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    m.source_id,
    m.snapshot_sha256,
    m.source_line,
    m.data_status
FROM raw.state_grants_management__award_modifications AS m
