-- Awards as the department's payment system G6 knows them, as they stood on the day of the export. The agency's own
-- system stands before it (precedence 2): the export says neither when an award grew nor when its first period ends.
SELECT
    w.award_id,
    a.state_abbreviation_code AS organization_id,
    w.school_year,
    left(w.federal_program_code, 6) AS federal_program_code,
    2000 + CAST(substr(w.award_id, 6, 2) AS SMALLINT) AS federal_fiscal_year,
    w.performance_starts_on AS available_from,
    w.performance_ends_on AS available_to,
    w.liquidation_on AS last_day_to_draw,
    CAST(w.award_usd AS DECIMAL(18, 2)) AS authorized_usd,
    CAST(w.award_usd AS DECIMAL(18, 2)) AS payment_system_award_usd,
    CAST(2 AS SMALLINT) AS precedence,
    w.source_id,
    w.snapshot_sha256,
    w.source_line,
    w.data_status
FROM raw.ed_g6_awards__awards AS w, agency.settings AS a
