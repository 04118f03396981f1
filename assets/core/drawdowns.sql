-- One row a draw of an award, with what each system says of it, up to the year's end: the whole life of the year's awards,
-- and what was drawn in the year of any other. A draw that one system lacks stays, and a claim tells it.
WITH span AS (
    SELECT
        make_date(a.school_year - 1, 7, 1) AS year_starts_on,
        least(make_date(a.school_year, 6, 30), a.as_of) AS year_ends_on
    FROM agency.settings AS a
),

known AS (
    SELECT
        draw_id,
        award_id,
        school_year,
        min_by(organization_id, precedence) AS organization_id,
        min_by(drawn_on, precedence) AS drawn_on,
        max(settled_on) AS settled_on,
        min_by(amount_usd, precedence) AS amount_usd,
        max(agency_amount_usd) AS agency_amount_usd,
        max(payment_system_amount_usd) AS payment_system_amount_usd,
        min_by(source_id, precedence) AS source_id,
        min_by(snapshot_sha256, precedence) AS snapshot_sha256,
        min_by(source_line, precedence) AS source_line,
        min_by(data_status, precedence) AS data_status
    FROM mapped.drawdowns
    GROUP BY draw_id, award_id, school_year
)

SELECT k.* REPLACE (CASE WHEN k.settled_on <= s.year_ends_on THEN k.settled_on END AS settled_on)
FROM known AS k
CROSS JOIN span AS s
LEFT JOIN core.awards AS w ON w.award_id = k.award_id
WHERE k.drawn_on <= s.year_ends_on AND (w.award_id IS NOT NULL OR k.drawn_on >= s.year_starts_on)
