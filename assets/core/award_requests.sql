-- Requests that were proper by the year's end, of the awards of the year and every other one that was still open in it.
-- Paid is what had been paid by the year's end; the day is that of the payment that made up the amount.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on
    FROM agency.settings AS a
),

running AS (
    SELECT
        p.request_id,
        p.paid_on,
        sum(p.amount_usd) OVER (PARTITION BY p.request_id ORDER BY p.paid_on) AS paid_usd
    FROM core.payments AS p
    WHERE p.payment_kind = 'payment'
),

paid AS (
    SELECT
        r.request_id,
        max(r.paid_usd) AS paid_usd,
        min(r.paid_on) FILTER (WHERE r.paid_usd >= m.amount_usd) AS paid_on
    FROM running AS r JOIN mapped.award_requests AS m ON m.request_id = r.request_id
    GROUP BY r.request_id
)

SELECT
    m.* REPLACE (
        CASE WHEN m.returned_on <= s.year_ends_on THEN m.returned_on END AS returned_on,
        CASE WHEN m.resubmitted_on <= s.year_ends_on THEN m.resubmitted_on END AS resubmitted_on,
        CAST(coalesce(p.paid_usd, 0) AS DECIMAL(18, 2)) AS paid_usd,
        p.paid_on AS paid_on
    )
FROM mapped.award_requests AS m
CROSS JOIN span AS s
LEFT JOIN paid AS p ON p.request_id = m.request_id
LEFT JOIN core.awards AS w ON w.award_id = m.award_id
WHERE m.proper_on <= s.year_ends_on
    AND (w.award_id IS NOT NULL OR p.paid_on IS NULL OR p.paid_on >= s.year_starts_on)
