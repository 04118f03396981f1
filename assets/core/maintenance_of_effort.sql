-- Effort is kept up when it is at least the required percent of the year before, in total or per student (ESEA 8521).
-- Compared in whole cents and without division: effort / students >= percent * effort before / students before.
WITH compared AS (
    SELECT
        m.*,
        CAST(m.effort_usd * 100 AS HUGEINT) * 10000 AS effort_parts,
        CAST(m.effort_before_usd * 100 AS HUGEINT) * CAST(a.maintenance_of_effort_percent * 100 AS HUGEINT)
            AS required_parts
    FROM mapped.maintenance_of_effort AS m, agency.settings AS a
),

judged AS (
    SELECT
        * REPLACE (
            effort_parts >= required_parts AS is_kept_up_in_total,
            effort_parts * membership_before_students >= required_parts * membership_students
                AND membership_students > 0 AND membership_before_students > 0 AS is_kept_up_per_student
        )
    FROM compared
)

SELECT
    * EXCLUDE (effort_parts, required_parts) REPLACE (
        NOT is_kept_up_in_total AND NOT is_kept_up_per_student AS has_failed,
        -- Ten thousandths of a cent, up to the next whole cent.
        CASE
            WHEN is_kept_up_in_total OR is_kept_up_per_student THEN 0
            ELSE CAST(
                CAST((required_parts - effort_parts + 9999) // 10000 AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(3, 2))
                AS DECIMAL(18, 2)
            )
        END AS shortfall_usd
    )
FROM judged
