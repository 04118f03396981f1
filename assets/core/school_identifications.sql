-- One row of each school from several files: designations, reasons, Title I. The status at the start of the year is that of
-- the year before; a school that is not in that year's files was not in support. In the first year that is known nobody
-- knows, nor since when a school is in support. Loses: schools in support the year before that are in no file this year.
WITH merged AS (
    SELECT
        organization_id,
        school_year,
        bool_or(is_comprehensive_support) AS is_comprehensive_support,
        bool_or(is_targeted_support) AS is_targeted_support,
        bool_or(is_additional_targeted_support) AS is_additional_targeted_support,
        any_value(comprehensive_support_reasons) AS comprehensive_support_reasons,
        any_value(targeted_support_groups) AS targeted_support_groups,
        bool_or(is_title_i) AS is_title_i,
        bool_and(is_additive) AS is_additive,
        arg_min(source_id, place) AS source_id,
        max(snapshot_sha256) FILTER (WHERE place = 1) AS snapshot_sha256,
        max(source_line) FILTER (WHERE place = 1) AS source_line,
        arg_min(data_status, place) AS data_status
    FROM (
        SELECT *, row_number() OVER (
            PARTITION BY organization_id, school_year ORDER BY coalesce(precedence, 5), source_id, source_line
        ) AS place
        FROM mapped.school_identifications
    )
    GROUP BY organization_id, school_year
),

known AS (
    SELECT count(*) > 0 AS has_year_before FROM previous_year.school_identifications
),

compared AS (
    SELECT
        m.*,
        k.has_year_before,
        p.entry_school_year AS entered_before,
        CASE WHEN p.organization_id IS NOT NULL THEN p.is_comprehensive_support WHEN k.has_year_before THEN FALSE END
            AS was_comprehensive_support
    FROM merged AS m
    CROSS JOIN known AS k
    LEFT JOIN previous_year.school_identifications AS p ON p.organization_id = m.organization_id
)

SELECT
    * EXCLUDE (has_year_before, entered_before),
    was_comprehensive_support AND NOT is_comprehensive_support AS has_exited_comprehensive_support,
    CASE
        WHEN NOT coalesce(is_comprehensive_support, FALSE) THEN NULL
        WHEN was_comprehensive_support THEN entered_before
        WHEN was_comprehensive_support = FALSE THEN school_year
    END AS entry_school_year
FROM compared
