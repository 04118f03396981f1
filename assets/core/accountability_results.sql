-- Proficiency for accountability is of the greater of those tested and the participation floor (95 percent) of those
-- enrolled, ESEA 1111(c)(4)(E)(ii). The floor stands in a column so that it adds up over schools and groups.
SELECT
    f.* EXCLUDE (participation_floor_students, precedence),
    CAST(f.enrolled_students * a.participation_floor_percent / 100 AS DECIMAL(18, 2)) AS participation_floor_students
FROM mapped.accountability_results AS f
CROSS JOIN agency.settings AS a
