-- Four-year cohorts by organization and student group. A published count of graduates stands as published, and so
-- does a hidden one: what the other file would give away is not used.
-- Where a year has no graduates file for a group, non-graduates bound them: cohort less still enrolled less other.
-- That is not exact by itself. In the pairs of files that give both, it is up to 6 too high for the state and up to 5
-- for a district (71 of 1,411 rows): some who did not graduate are in neither count. So:
--   all students   graduates are the female and the male graduates, when both are shown and make the whole cohort;
--   a group        the organization's unaccounted students bound those of the group: none, and the count is exact;
--                  some, and it is a range; unknown, and there is no figure.
-- is_additive is false: the state's row is published, and hidden districts are missing from a sum.
-- Loses: nothing. The crosswalk has at most one row a district code, so the join neither adds nor drops a row.
WITH paired AS (
    SELECT
        coalesce(g.organization_code, n.organization_code) AS organization_code,
        coalesce(g.student_group, n.student_group) AS student_group,
        g.organization_code IS NOT NULL AS is_published,
        g.cohort_students AS published_cohort,
        g.graduates AS published_graduates,
        g.graduation_percent,
        coalesce(g.graduates_marker, g.cohort_students_marker) AS published_marker,
        n.cohort_students AS n_cohort,
        n.cohort_students - n.still_enrolled_students - n.other_students AS at_most,
        coalesce(n.still_enrolled_students_marker, n.other_students_marker, n.cohort_students_marker) AS n_marker,
        coalesce(g.school_year, n.school_year) AS school_year,
        coalesce(g.district_code, n.district_code) AS district_code,
        coalesce(g.source_id, n.source_id) AS source_id,
        CASE WHEN is_published THEN g.snapshot_sha256 ELSE n.snapshot_sha256 END AS snapshot_sha256,
        CASE WHEN is_published THEN g.source_line ELSE n.source_line END AS source_line,
        coalesce(g.data_status, n.data_status) AS data_status
    FROM raw.ct_edsight_graduation__graduates AS g
    FULL JOIN raw.ct_edsight_graduation__nongraduates AS n
        ON n.organization_code = g.organization_code AND n.student_group = g.student_group
),

by_gender AS (
    SELECT organization_code, sum(cohort_students) AS cohort, sum(graduates) AS graduates
    FROM raw.ct_edsight_graduation__graduates
    WHERE student_group IN ('female', 'male')
    GROUP BY organization_code
    HAVING count(graduates) = 2
),

unaccounted AS (
    SELECT
        p.organization_code,
        coalesce(
            p.published_graduates,
            CASE WHEN NOT p.is_published AND b.cohort = p.n_cohort THEN b.graduates END
        ) AS all_graduates,
        p.at_most - all_graduates AS students
    FROM paired AS p
    LEFT JOIN by_gender AS b ON b.organization_code = p.organization_code
    WHERE p.student_group = 'all'
),

judged AS (
    SELECT
        p.*,
        CASE
            WHEN p.is_published THEN p.published_graduates
            WHEN p.student_group = 'all' THEN u.all_graduates
            WHEN u.students = 0 OR p.at_most = 0 THEN p.at_most
        END AS graduates,
        CASE WHEN NOT p.is_published AND p.student_group <> 'all' AND u.students > 0 AND p.at_most > 0
            THEN greatest(p.at_most - u.students, 0) END AS at_least
    FROM paired AS p
    LEFT JOIN unaccounted AS u ON u.organization_code = p.organization_code
)

SELECT
    CASE
        WHEN j.organization_code = 'CT' THEN a.state_abbreviation_code
        ELSE coalesce(c.lea_identifier_nces, a.state_abbreviation_code || '-' || j.organization_code)
    END AS organization_id,
    j.school_year,
    CAST(4 AS SMALLINT) AS cohort_length,
    j.student_group,
    CASE WHEN j.is_published THEN j.published_cohort ELSE j.n_cohort END AS cohort_students,
    CAST(j.graduates AS BIGINT) AS graduates,
    j.graduation_percent AS rate_percent,
    CASE WHEN j.n_cohort > 0 THEN round(100 * j.at_least / j.n_cohort, 4) END AS rate_percent_low,
    CASE WHEN j.at_least IS NOT NULL AND j.n_cohort > 0 THEN round(100 * j.at_most / j.n_cohort, 4) END
        AS rate_percent_high,
    CASE
        WHEN j.graduates IS NOT NULL OR j.at_least IS NOT NULL THEN NULL
        WHEN 'suppressed' IN (j.published_marker, j.n_marker) THEN 'suppressed_at_source'
        ELSE 'not_reported'
    END AS suppression,
    FALSE AS is_additive,
    j.source_id,
    j.snapshot_sha256,
    j.source_line,
    j.data_status
FROM judged AS j
CROSS JOIN agency.settings AS a
LEFT JOIN crosswalk.lea_nces AS c
    ON c.lea_identifier_sea = j.district_code AND c.status = 'reviewed'
WHERE a.state_ansi_code = '09'
