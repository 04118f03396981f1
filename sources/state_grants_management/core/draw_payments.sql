-- Items of draws and the document each covers; when that was paid is known to the payments and the ledger.
SELECT
    i.draw_id,
    CAST(i.item_number AS BIGINT) AS item_number,
    a.state_abbreviation_code AS organization_id,
    i.school_year,
    d.award_id,
    w.federal_program_code,
    CASE
        WHEN i.payment_id IS NOT NULL THEN 'payment'
        WHEN i.refund_id IS NOT NULL THEN 'refund'
        ELSE 'state_expense'
    END AS document_type,
    coalesce(i.payment_id, i.refund_id, i.state_expense_id, 'unknown') AS document_number,
    d.drawn_on,
    CAST(CAST(i.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    i.source_id,
    i.snapshot_sha256,
    i.source_line,
    i.data_status
FROM raw.state_grants_management__draw_items AS i
JOIN raw.state_grants_management__draws AS d ON d.draw_id = i.draw_id
JOIN raw.state_grants_management__awards AS w ON w.award_id = d.award_id
CROSS JOIN agency.settings AS a
