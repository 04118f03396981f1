-- Reserved and spent by the state itself, against the whole award. Loses nothing: an award without a reservation has 0.
WITH reserved AS (
    SELECT award_id, sum(amount_usd) AS reserved_usd
    FROM core.allocations
    WHERE is_current AND allocation_type = 'reservation' AND reservation = 'state_administration'
    GROUP BY award_id
),

spent AS (
    SELECT
        award_id,
        sum(amount_usd) AS expended_usd,
        coalesce(sum(amount_usd) FILTER (WHERE document_type = 'state_expense'), 0) AS state_expended_usd
    FROM core.ledger_entries
    WHERE entry_type = 'expenditure'
    GROUP BY award_id
),

joined AS (
    SELECT
        w.award_id,
        w.school_year,
        w.federal_program_code,
        w.authorized_usd,
        CAST(coalesce(r.reserved_usd, 0) AS DECIMAL(18, 2)) AS administration_reserved_usd,
        CAST(coalesce(s.expended_usd, 0) AS DECIMAL(18, 2)) AS expended_usd,
        CAST(coalesce(s.state_expended_usd, 0) AS DECIMAL(18, 2)) AS state_expended_usd
    FROM core.awards AS w
    LEFT JOIN reserved AS r ON r.award_id = w.award_id
    LEFT JOIN spent AS s ON s.award_id = w.award_id
)

SELECT
    *,
    100 * CAST(administration_reserved_usd AS DOUBLE) / nullif(CAST(authorized_usd AS DOUBLE), 0)
        AS administration_reserved_percent,
    100 * CAST(state_expended_usd AS DOUBLE) / nullif(CAST(expended_usd AS DOUBLE), 0) AS state_expended_percent
FROM joined
