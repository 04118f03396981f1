-- Items of the draws that the year has, each with the day of its document: of a payment or refund its own, of an expense
-- of the agency the day of its first posting.
WITH documents AS (
    SELECT payment_kind AS document_type, payment_id AS document_number, min(paid_on) AS disbursed_on
    FROM core.payments
    GROUP BY payment_kind, payment_id
    UNION ALL
    SELECT document_type, document_number, min(posted_on) AS disbursed_on
    FROM core.ledger_entries
    WHERE document_type = 'state_expense'
    GROUP BY document_type, document_number
),

dated AS (
    SELECT
        m.* REPLACE (
            d.disbursed_on AS disbursed_on,
            date_diff('day', m.drawn_on, d.disbursed_on) AS days_held,
            m.drawn_on >= make_date(a.school_year - 1, 7, 1) AS is_drawn_in_year,
            m.document_type <> 'refund' AS is_disbursement
        )
    FROM mapped.draw_payments AS m
    JOIN core.drawdowns AS k ON k.draw_id = m.draw_id AND k.award_id = m.award_id
    CROSS JOIN agency.settings AS a
    LEFT JOIN documents AS d ON d.document_type = m.document_type AND d.document_number = m.document_number
)

SELECT * REPLACE (CAST(amount_usd * CAST(days_held AS DECIMAL(6, 0)) AS DECIMAL(18, 2)) AS dollar_days) FROM dated
