-- Carryover measured in the school year. The cap is a percent of the allocation, in whole cents, for allocations that are
-- not below the floor.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on,
        a.carryover_floor_usd,
        a.carryover_cap_percent
    FROM agency.settings AS a
),

capped AS (
    SELECT
        m.* REPLACE (m.is_capped AND m.allocation_usd >= s.carryover_floor_usd AS is_capped),
        -- Dollars with two places times a percent with two places: ten thousandths of a cent, as a whole number.
        CAST(m.allocation_usd * 100 AS HUGEINT) * CAST(s.carryover_cap_percent * 100 AS HUGEINT) // 10000 AS cap_cents
    FROM mapped.carryover AS m
    CROSS JOIN span AS s
    WHERE m.measured_on BETWEEN s.year_starts_on AND s.year_ends_on
),

priced AS (
    SELECT
        * EXCLUDE (cap_cents) REPLACE (
            CASE WHEN is_capped THEN CAST(
                CAST(cap_cents AS DECIMAL(16, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)
            ) END AS cap_usd
        )
    FROM capped
)

SELECT
    * REPLACE (
        CASE
            WHEN NOT is_capped THEN NULL
            WHEN has_waiver THEN 0
            ELSE greatest(carryover_usd - cap_usd, 0)
        END AS excess_usd
    )
FROM priced
