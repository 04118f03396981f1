-- One row an award that is alive in the school year, or whose last day to draw was in the year before: an earlier award
-- that just ended is still compared with. The best-ranked system gives each attribute it knows.
-- Where no system says so, an award begins on 1 July of its federal fiscal year and ends after the months of availability.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on,
        a.availability_months,
        a.liquidation_days,
        a.subrecipient_liquidation_days
    FROM agency.settings AS a
),

known AS (
    SELECT
        award_id,
        school_year,
        min_by(organization_id, precedence) AS organization_id,
        min_by(federal_program_code, precedence) AS federal_program_code,
        min_by(federal_fiscal_year, precedence) AS federal_fiscal_year,
        min_by(awarded_on, precedence) FILTER (WHERE awarded_on IS NOT NULL) AS awarded_on,
        min_by(available_from, precedence) FILTER (WHERE available_from IS NOT NULL) AS available_from,
        min_by(first_period_ends_on, precedence) FILTER (WHERE first_period_ends_on IS NOT NULL) AS first_period_ends_on,
        min_by(available_to, precedence) FILTER (WHERE available_to IS NOT NULL) AS available_to,
        min_by(last_day_to_draw, precedence) FILTER (WHERE last_day_to_draw IS NOT NULL) AS last_day_to_draw,
        min_by(authorized_usd, precedence) AS authorized_usd,
        max(payment_system_award_usd) AS payment_system_award_usd,
        min_by(source_id, precedence) AS source_id,
        min_by(snapshot_sha256, precedence) AS snapshot_sha256,
        min_by(source_line, precedence) AS source_line,
        min_by(data_status, precedence) AS data_status
    FROM mapped.awards
    GROUP BY award_id, school_year
),

begun AS (
    SELECT
        * REPLACE (coalesce(available_from, make_date(federal_fiscal_year, 7, 1)) AS available_from)
    FROM known
),

ended AS (
    SELECT
        b.* REPLACE (
            coalesce(
                b.available_to,
                CAST(b.available_from + to_months(s.availability_months) - INTERVAL 1 DAY AS DATE)
            ) AS available_to
        )
    FROM begun AS b, span AS s
),

dated AS (
    SELECT
        e.* REPLACE (coalesce(e.last_day_to_draw, e.available_to + s.liquidation_days) AS last_day_to_draw)
    FROM ended AS e, span AS s
)

SELECT
    d.*,
    d.available_to + s.liquidation_days AS liquidation_ends_on,
    d.available_to + s.subrecipient_liquidation_days AS subrecipient_liquidation_ends_on,
    d.available_from BETWEEN s.year_starts_on AND s.year_ends_on AS is_new_in_year,
    d.last_day_to_draw BETWEEN s.year_starts_on AND s.year_ends_on AS is_closed_in_year
FROM dated AS d, span AS s
WHERE d.available_from <= s.year_ends_on
    AND d.last_day_to_draw >= s.year_starts_on - INTERVAL 1 YEAR
