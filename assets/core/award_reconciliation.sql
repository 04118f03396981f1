-- A bridge from the award to the ledger at the year's end. What explains a difference is summed from single documents;
-- what is left over is `unexplained`, so that no step can hide anything.
-- Documents are payments, refunds and the agency's own expenses; the last are known by their posting only.
WITH documents AS (
    SELECT award_id, payment_kind AS document_type, payment_id AS document_number, paid_on AS happened_on, amount_usd
    FROM core.payments
    UNION ALL
    SELECT award_id, document_type, document_number, min(posted_on) AS happened_on, sum(amount_usd) AS amount_usd
    FROM core.ledger_entries
    WHERE entry_type = 'expenditure' AND document_type = 'state_expense'
    GROUP BY award_id, document_type, document_number
),

drawn AS (
    SELECT DISTINCT award_id, document_type, document_number FROM core.draw_payments
),

posted AS (
    SELECT DISTINCT document_type, document_number FROM core.ledger_entries WHERE entry_type = 'expenditure'
),

placed AS (
    SELECT
        d.*,
        r.award_id IS NULL AND d.happened_on <= w.last_day_to_draw AS is_not_yet_drawn,
        r.award_id IS NULL AND d.happened_on > w.last_day_to_draw AS is_too_late,
        p.document_type IS NULL AS is_not_yet_posted
    FROM documents AS d
    JOIN core.award_years AS w ON w.award_id = d.award_id
    LEFT JOIN drawn AS r
        ON r.award_id = d.award_id AND r.document_type = d.document_type AND r.document_number = d.document_number
    LEFT JOIN posted AS p ON p.document_type = d.document_type AND p.document_number = d.document_number
),

known AS (
    SELECT
        award_id,
        sum(amount_usd) FILTER (WHERE is_not_yet_drawn) AS not_yet_drawn_usd,
        min(happened_on) FILTER (WHERE is_not_yet_drawn) AS not_yet_drawn_on,
        sum(amount_usd) FILTER (WHERE is_too_late) AS too_late_usd,
        min(happened_on) FILTER (WHERE is_too_late) AS too_late_on,
        sum(amount_usd) FILTER (WHERE is_not_yet_posted) AS not_yet_posted_usd,
        min(happened_on) FILTER (WHERE is_not_yet_posted) AS not_yet_posted_on
    FROM placed
    GROUP BY award_id
),

requests AS (
    SELECT
        award_id,
        sum(greatest(amount_usd - paid_usd, 0)) AS not_yet_paid_usd,
        min(proper_on) FILTER (WHERE paid_usd < amount_usd) AS not_yet_paid_on
    FROM core.award_requests
    GROUP BY award_id
),

ages AS (
    SELECT award_id, unexplained_since
    FROM core.award_months
    QUALIFY month_ends_on = max(month_ends_on) OVER (PARTITION BY award_id)
),

awards AS (
    SELECT
        w.*,
        g.unexplained_since,
        coalesce(k.not_yet_drawn_usd, 0) AS not_yet_drawn_usd,
        k.not_yet_drawn_on,
        coalesce(k.too_late_usd, 0) AS too_late_usd,
        k.too_late_on,
        coalesce(k.not_yet_posted_usd, 0) AS not_yet_posted_usd,
        k.not_yet_posted_on,
        coalesce(q.not_yet_paid_usd, 0) AS not_yet_paid_usd,
        q.not_yet_paid_on,
        w.paid_usd - w.refunded_usd + w.own_expense_usd AS net_usd
    FROM core.award_years AS w
    LEFT JOIN known AS k ON k.award_id = w.award_id
    LEFT JOIN requests AS q ON q.award_id = w.award_id
    LEFT JOIN ages AS g ON g.award_id = w.award_id
),

steps AS (
    SELECT
        w.*,
        unnest([
            {'n': 1, 'f': 'awarded', 't': 'divided', 'r': 'not_yet_divided', 'd': authorized_usd - divided_usd, 'o': NULL},
            {'n': 2, 'f': 'divided', 't': 'given_out', 'r': 'unallocated', 'd': unallocated_usd, 'o': NULL},
            {'n': 3, 'f': 'divided', 't': 'given_out', 'r': 'unexplained',
                'd': divided_usd - unallocated_usd - allocated_usd - reserved_usd, 'o': NULL},
            {'n': 4, 'f': 'given_out', 't': 'claimed', 'r': 'not_yet_requested', 'd': allocated_usd - requested_usd,
                'o': NULL},
            {'n': 5, 'f': 'given_out', 't': 'claimed', 'r': 'not_yet_spent', 'd': reserved_usd - own_expense_usd,
                'o': NULL},
            {'n': 6, 'f': 'claimed', 't': 'paid', 'r': 'not_yet_paid', 'd': not_yet_paid_usd, 'o': not_yet_paid_on},
            {'n': 7, 'f': 'claimed', 't': 'paid', 'r': 'unexplained', 'd': requested_usd - not_yet_paid_usd - paid_usd,
                'o': NULL},
            {'n': 8, 'f': 'claimed', 't': 'paid', 'r': 'refunds', 'd': refunded_usd, 'o': NULL},
            {'n': 9, 'f': 'paid', 't': 'drawn', 'r': 'not_yet_drawn', 'd': not_yet_drawn_usd, 'o': not_yet_drawn_on},
            {'n': 10, 'f': 'paid', 't': 'drawn', 'r': 'too_late_to_draw', 'd': too_late_usd, 'o': too_late_on},
            {'n': 11, 'f': 'paid', 't': 'drawn', 'r': 'unexplained',
                'd': net_usd - not_yet_drawn_usd - too_late_usd - drawn_usd, 'o': NULL},
            {'n': 12, 'f': 'drawn', 't': 'posted', 'r': 'spent_before_drawing', 'd': -(not_yet_drawn_usd + too_late_usd),
                'o': least(not_yet_drawn_on, too_late_on)},
            {'n': 13, 'f': 'drawn', 't': 'posted', 'r': 'not_yet_posted', 'd': not_yet_posted_usd, 'o': not_yet_posted_on},
            {'n': 14, 'f': 'drawn', 't': 'posted', 'r': 'unexplained',
                'd': drawn_usd + not_yet_drawn_usd + too_late_usd - not_yet_posted_usd - expended_usd,
                'o': unexplained_since}
        ]) AS step
    FROM awards AS w
),

bridged AS (
    SELECT
        award_id,
        step.n AS step_number,
        organization_id,
        school_year,
        federal_program_code,
        step.f AS step_from,
        step.t AS step_to,
        step.r AS reason,
        authorized_usd - sum(step.d) OVER (PARTITION BY award_id ORDER BY step.n) AS to_usd,
        step.d AS difference_usd,
        step.o AS oldest_on
    FROM steps
)

SELECT *, to_usd + difference_usd AS from_usd FROM bridged
