-- Sums of an award's whole life up to the year's end, one row an award.
WITH divided AS (
    SELECT
        award_id,
        max(version_award_usd) AS divided_usd,
        sum(amount_usd) FILTER (WHERE allocation_type = 'lea') AS allocated_usd,
        sum(amount_usd) FILTER (WHERE allocation_type = 'reservation') AS reserved_usd,
        sum(amount_usd) FILTER (WHERE allocation_type = 'unallocated') AS unallocated_usd,
        sum(amount_usd) FILTER (WHERE allocation_type = 'reservation' AND reservation = 'school_improvement')
            AS improvement_usd,
        sum(amount_usd) FILTER (WHERE allocation_type = 'reservation_subgrant' AND reservation = 'school_improvement')
            AS improvement_to_leas_usd
    FROM core.allocations
    WHERE is_current
    GROUP BY award_id
),

finals AS (
    SELECT award_id, min(issued_on) AS final_allocation_on
    FROM core.allocations
    WHERE version_kind = 'final'
    GROUP BY award_id
),

requested AS (
    SELECT award_id, sum(amount_usd) AS requested_usd FROM core.award_requests GROUP BY award_id
),

moved AS (
    SELECT
        award_id,
        sum(amount_usd) FILTER (WHERE payment_kind = 'payment') AS paid_usd,
        -sum(amount_usd) FILTER (WHERE payment_kind = 'refund') AS refunded_usd
    FROM core.payments
    GROUP BY award_id
),

drawn AS (
    SELECT award_id, sum(amount_usd) AS drawn_usd FROM core.drawdowns GROUP BY award_id
),

spent AS (
    SELECT
        award_id,
        sum(amount_usd) AS expended_usd,
        sum(amount_usd) FILTER (WHERE document_type = 'state_expense') AS own_expense_usd
    FROM core.ledger_entries
    WHERE entry_type = 'expenditure'
    GROUP BY award_id
),

summed AS (
    SELECT
        w.*,
        coalesce(v.divided_usd, 0) AS divided_usd,
        coalesce(v.allocated_usd, 0) AS allocated_usd,
        coalesce(v.reserved_usd, 0) AS reserved_usd,
        coalesce(v.unallocated_usd, 0) AS unallocated_usd,
        coalesce(r.requested_usd, 0) AS requested_usd,
        coalesce(m.paid_usd, 0) AS paid_usd,
        coalesce(m.refunded_usd, 0) AS refunded_usd,
        coalesce(s.own_expense_usd, 0) AS own_expense_usd,
        coalesce(d.drawn_usd, 0) AS drawn_usd,
        coalesce(s.expended_usd, 0) AS expended_usd,
        coalesce(v.improvement_usd, 0) AS school_improvement_reserved_usd,
        coalesce(v.improvement_to_leas_usd, 0) AS school_improvement_to_leas_usd,
        f.final_allocation_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on,
        make_date(a.school_year - 1, 7, 1) AS year_starts_on
    FROM core.awards AS w
    CROSS JOIN agency.settings AS a
    LEFT JOIN divided AS v ON v.award_id = w.award_id
    LEFT JOIN finals AS f ON f.award_id = w.award_id
    LEFT JOIN requested AS r ON r.award_id = w.award_id
    LEFT JOIN moved AS m ON m.award_id = w.award_id
    LEFT JOIN drawn AS d ON d.award_id = w.award_id
    LEFT JOIN spent AS s ON s.award_id = w.award_id
)

SELECT
    *,
    CASE WHEN last_day_to_draw <= year_ends_on THEN authorized_usd - drawn_usd END AS lapsed_usd,
    date_diff('day', awarded_on, final_allocation_on) AS days_to_final_allocation,
    coalesce(final_allocation_on BETWEEN year_starts_on AND year_ends_on, FALSE) AS is_finally_allocated_in_year
FROM summed
