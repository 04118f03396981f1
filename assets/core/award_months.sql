-- Each award at the end of each month of its life, then those of the school year.
-- Amounts are summed by award and month first, and added up along the months; before the first month counts in it.
-- A posting that differs from its payment is followed document by document, so that the age is that of the oldest one and
-- the days that every posting takes do not hide it.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on
    FROM agency.settings AS a
),

life AS (
    SELECT
        w.*,
        last_day(CAST(g.first_day AS DATE)) AS month_ends_on,
        row_number() OVER (PARTITION BY w.award_id ORDER BY g.first_day) AS age_months
    FROM core.awards AS w
    CROSS JOIN span AS s,
        generate_series(date_trunc('month', w.available_from), s.year_ends_on, INTERVAL 1 MONTH) AS g(first_day)
    WHERE last_day(CAST(g.first_day AS DATE)) <= s.year_ends_on
),

flows AS (
    SELECT award_id, acted_on AS happened_on, 'authorized' AS flow, amount_usd FROM core.award_modifications
    UNION ALL
    SELECT award_id, proper_on, 'requested', amount_usd FROM core.award_requests
    UNION ALL
    SELECT award_id, paid_on, 'paid', amount_usd FROM core.payments
    UNION ALL
    SELECT award_id, drawn_on, 'drawn', amount_usd FROM core.drawdowns
    UNION ALL
    SELECT award_id, posted_on, CASE document_type WHEN 'state_expense' THEN 'own' ELSE 'subgrant' END, amount_usd
    FROM core.ledger_entries
    WHERE entry_type = 'expenditure'
    UNION ALL
    -- An award of which no modification is known is authorized from its beginning.
    SELECT w.award_id, w.available_from, 'authorized', w.authorized_usd
    FROM core.awards AS w
    WHERE w.award_id NOT IN (SELECT m.award_id FROM core.award_modifications AS m)
),

monthly AS (
    SELECT
        w.award_id,
        greatest(last_day(f.happened_on), last_day(w.available_from)) AS month_ends_on,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'authorized') AS authorized_usd,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'requested') AS requested_usd,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'paid') AS paid_usd,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'drawn') AS drawn_usd,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'own') AS own_usd,
        sum(f.amount_usd) FILTER (WHERE f.flow = 'subgrant') AS subgrant_usd
    FROM flows AS f JOIN core.awards AS w ON w.award_id = f.award_id
    GROUP BY ALL
),

added AS (
    SELECT
        l.award_id,
        l.month_ends_on,
        l.age_months,
        l.federal_program_code,
        l.federal_fiscal_year,
        coalesce(sum(m.authorized_usd) OVER along, 0) AS authorized_usd,
        coalesce(sum(m.requested_usd) OVER along, 0) AS requested_usd,
        coalesce(sum(m.paid_usd) OVER along, 0) AS paid_usd,
        coalesce(sum(m.drawn_usd) OVER along, 0) AS drawn_usd,
        coalesce(sum(m.own_usd) OVER along, 0) AS own_usd,
        coalesce(sum(m.subgrant_usd) OVER along, 0) AS subgrant_usd,
        coalesce(sum(m.own_usd) OVER along, 0) + coalesce(sum(m.subgrant_usd) OVER along, 0) AS expended_usd
    FROM life AS l
    LEFT JOIN monthly AS m ON m.award_id = l.award_id AND m.month_ends_on = l.month_ends_on
    WINDOW along AS (PARTITION BY l.award_id ORDER BY l.month_ends_on)
),

shared AS (
    SELECT
        *,
        CASE WHEN authorized_usd > 0 THEN CAST(expended_usd AS DOUBLE) / CAST(authorized_usd AS DOUBLE) END
            AS spent_share,
        greatest(
            expended_usd - coalesce(lag(expended_usd, 12) OVER (PARTITION BY award_id ORDER BY month_ends_on), 0), 0
        ) AS recent_usd
    FROM added
),

earlier AS (
    SELECT s.award_id, s.month_ends_on, count(*) AS earlier_awards, median(e.spent_share) AS earlier_spent_share
    FROM shared AS s
    JOIN shared AS e ON e.federal_program_code = s.federal_program_code AND e.age_months = s.age_months
        AND e.federal_fiscal_year < s.federal_fiscal_year AND e.spent_share IS NOT NULL
    GROUP BY s.award_id, s.month_ends_on
),

versions AS (
    SELECT
        award_id,
        allocation_version,
        issued_on,
        coalesce(sum(amount_usd) FILTER (WHERE allocation_type = 'lea'), 0) AS allocated_usd
    FROM core.allocations
    GROUP BY award_id, allocation_version, issued_on
),

allocated AS (
    SELECT l.award_id, l.month_ends_on, max_by(v.allocated_usd, v.allocation_version) AS allocated_usd
    FROM life AS l JOIN versions AS v ON v.award_id = l.award_id AND v.issued_on <= l.month_ends_on
    GROUP BY l.award_id, l.month_ends_on
),

booked AS (
    SELECT award_id, document_type, document_number, happened_on, sum(amount_usd) AS amount_usd
    FROM (
        SELECT award_id, payment_kind AS document_type, payment_id AS document_number, paid_on AS happened_on, -amount_usd AS amount_usd
        FROM core.payments
        UNION ALL
        SELECT award_id, document_type, document_number, posted_on AS happened_on, amount_usd
        FROM core.ledger_entries
        WHERE entry_type = 'expenditure' AND document_type <> 'state_expense'
    )
    WHERE award_id IS NOT NULL
    GROUP BY ALL
),

followed AS (
    SELECT
        award_id,
        document_type,
        document_number,
        happened_on,
        sum(amount_usd) OVER document AS difference_usd,
        lead(happened_on) OVER document AS until_on
    FROM booked
    WINDOW document AS (PARTITION BY award_id, document_type, document_number ORDER BY happened_on)
),

lasting AS (
    SELECT
        *,
        sum(CASE WHEN difference_usd = 0 THEN 1 ELSE 0 END) OVER (
            PARTITION BY award_id, document_type, document_number ORDER BY happened_on
        ) AS times_settled
    FROM followed
),

differing AS (
    SELECT
        *,
        min(happened_on) OVER (PARTITION BY award_id, document_type, document_number, times_settled) AS since_on
    FROM lasting
    WHERE difference_usd <> 0
),

unexplained AS (
    SELECT l.award_id, l.month_ends_on, min(d.since_on) AS unexplained_since
    FROM life AS l
    JOIN differing AS d ON d.award_id = l.award_id AND d.happened_on <= l.month_ends_on
        AND coalesce(d.until_on > l.month_ends_on, TRUE)
    GROUP BY l.award_id, l.month_ends_on
)

SELECT
    l.award_id,
    l.month_ends_on,
    l.organization_id,
    l.school_year,
    l.federal_program_code,
    l.federal_fiscal_year,
    l.age_months,
    l.last_day_to_draw,
    s.authorized_usd,
    coalesce(v.allocated_usd, 0) AS allocated_usd,
    s.requested_usd,
    s.paid_usd,
    s.drawn_usd,
    s.expended_usd,
    s.authorized_usd - s.drawn_usd AS available_usd,
    least(
        CAST(date_diff('day', l.available_from, l.month_ends_on) + 1 AS DOUBLE)
        / CAST(date_diff('day', l.available_from, l.available_to) + 1 AS DOUBLE),
        1.0
    ) AS elapsed_share,
    s.spent_share,
    coalesce(e.earlier_awards, 0) AS earlier_awards,
    e.earlier_spent_share,
    CASE WHEN e.earlier_spent_share > 0 THEN s.spent_share / e.earlier_spent_share END AS spending_pace,
    s.recent_usd,
    date_diff('month', l.month_ends_on, greatest(l.available_to, l.month_ends_on)) AS months_left,
    -- In whole cents, half a cent up: cents spent lately, times the months left, over the months they were spent in.
    greatest(
        s.authorized_usd - s.expended_usd - CAST(
            CAST(
                (
                    2 * CAST(s.recent_usd * 100 AS HUGEINT)
                    * date_diff('month', l.month_ends_on, greatest(l.available_to, l.month_ends_on))
                    + least(12, l.age_months)
                ) // (2 * least(12, l.age_months)) AS DECIMAL(20, 0)
            ) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(22, 2)
        ),
        0
    ) AS projected_lapse_usd,
    s.expended_usd - s.drawn_usd AS ledger_less_drawn_usd,
    s.paid_usd + s.own_usd - s.drawn_usd AS not_yet_drawn_usd,
    s.subgrant_usd - s.paid_usd AS unexplained_usd,
    u.unexplained_since,
    date_diff('day', u.unexplained_since, l.month_ends_on) AS unexplained_days
FROM life AS l
CROSS JOIN span AS y
JOIN shared AS s ON s.award_id = l.award_id AND s.month_ends_on = l.month_ends_on
LEFT JOIN earlier AS e ON e.award_id = l.award_id AND e.month_ends_on = l.month_ends_on
LEFT JOIN allocated AS v ON v.award_id = l.award_id AND v.month_ends_on = l.month_ends_on
LEFT JOIN unexplained AS u ON u.award_id = l.award_id AND u.month_ends_on = l.month_ends_on
WHERE l.month_ends_on >= y.year_starts_on AND l.month_ends_on <= last_day(l.last_day_to_draw)
