-- Awards as the grants-management system knows them; authorized is what the modifications up to the year's end add up to.
-- An award without modifications (a system that keeps none) has the amount that stands on it.
WITH modified AS (
    SELECT m.award_id, sum(m.amount_cents) AS amount_cents
    FROM raw.state_grants_management__award_modifications AS m, agency.settings AS a
    WHERE m.action_on <= least(make_date(a.school_year, 6, 30), a.as_of)
    GROUP BY m.award_id
)

SELECT
    w.award_id,
    a.state_abbreviation_code AS organization_id,
    w.school_year,
    w.federal_program_code,
    w.federal_fiscal_year,
    w.awarded_on,
    w.available_from,
    w.first_period_ends_on,
    w.available_to,
    w.last_day_to_draw,
    CAST(
        CAST(coalesce(
            m.amount_cents,
            CASE WHEN NOT EXISTS (
                SELECT 1 FROM raw.state_grants_management__award_modifications AS o WHERE o.award_id = w.award_id
            ) THEN w.amount_cents END,
            0
        ) AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)
    ) AS authorized_usd,
    CAST(1 AS SMALLINT) AS precedence,
    w.source_id,
    w.snapshot_sha256,
    w.source_line,
    w.data_status
FROM raw.state_grants_management__awards AS w
CROSS JOIN agency.settings AS a
LEFT JOIN modified AS m ON m.award_id = w.award_id
