-- Entries with the award of their account. The LEA is known by its state id; core finds its NCES id.
SELECT
    e.entry_id,
    a.state_abbreviation_code || coalesce('-' || e.lea_identifier_sea, '') AS organization_id,
    e.school_year,
    c.award_id,
    e.account_code,
    e.journal_number,
    e.posted_on,
    e.entry_type,
    CAST(CAST(e.amount_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount_usd,
    e.document_type,
    e.document_number,
    e.reverses_entry_id,
    e.source_id,
    e.snapshot_sha256,
    e.source_line,
    e.data_status
FROM raw.state_general_ledger__entries AS e
LEFT JOIN raw.state_general_ledger__accounts AS c ON c.account_code = e.account_code
CROSS JOIN agency.settings AS a
