-- Chronic absence so far at the end of each month: of the students of a school who had been enrolled there long enough
-- by then, those absent on so large a share of the days so far. Who has left since still counts, as in the figure of the
-- year, which is that of the last month. What comes out counts students by school and group; no row is about one of them.
-- The many day rows are passed over once: a month has at most 31 days, five bits, so the days of twelve months of a
-- student are one whole number, July in its lowest bits. Students alike are counted before their groups are told.
-- Loses days outside July to June of the school year, and students that the extract does not list (beside `all`).
WITH days AS (
    SELECT
        d.student_id,
        d.school_identifier_sea,
        d.school_year,
        CAST(sum(CAST(1 AS BIGINT) << (5 * ((month(d.attended_on) + 5) % 12))) AS BIGINT) AS enrolled,
        CAST(
            coalesce(
                sum(CAST(1 AS BIGINT) << (5 * ((month(d.attended_on) + 5) % 12))) FILTER (
                    WHERE d.attendance_status <> 'present'
                ), 0
            ) AS BIGINT
        ) AS absent,
        any_value(d.source_id) AS source_id,
        min(d.data_status) AS data_status
    FROM raw.sis_attendance__attendance AS d
    -- Days compared with two constants; made of each row's own year they would take longer than the sums.
    WHERE d.attended_on BETWEEN (SELECT make_date(a.school_year - 1, 7, 1) FROM agency.settings AS a)
        AND (SELECT make_date(a.school_year, 6, 30) FROM agency.settings AS a)
    GROUP BY d.student_id, d.school_identifier_sea, d.school_year
),

months AS (
    SELECT
        m.place,
        last_day(make_date(a.school_year - CAST(m.place < 6 AS INTEGER), (m.place + 6) % 12 + 1, 1)) AS month_end
    FROM (SELECT unnest(range(12)) AS place) AS m
    CROSS JOIN agency.settings AS a
    WHERE EXISTS (SELECT 1 FROM days AS d WHERE (d.enrolled >> (5 * m.place)) & 31 > 0)
),

so_far AS (
    SELECT
        d.student_id,
        d.school_identifier_sea,
        d.school_year,
        d.source_id,
        d.data_status,
        m.month_end,
        list_sum(list_transform(range(m.place + 1), lambda k: (d.enrolled >> (5 * k)) & 31)) AS days_enrolled,
        list_sum(list_transform(range(m.place + 1), lambda k: (d.absent >> (5 * k)) & 31)) AS days_absent
    FROM days AS d
    CROSS JOIN months AS m
),

alike AS (
    SELECT
        f.school_identifier_sea,
        f.school_year,
        f.month_end,
        s.race_ethnicity,
        s.sex,
        s.children_with_disabilities,
        s.english_learner,
        s.economically_disadvantaged,
        s.homeless,
        s.migrant,
        s.foster,
        s.military_connected,
        count(*) AS students,
        count(*) FILTER (WHERE f.days_absent * 100 >= a.chronic_absence_percent * f.days_enrolled) AS chronically_absent,
        min(f.source_id) AS source_id,
        min(f.data_status) AS data_status
    FROM so_far AS f
    CROSS JOIN agency.settings AS a
    LEFT JOIN raw.sis_attendance__students AS s
        ON s.student_id = f.student_id AND s.extract_school_year = f.school_year
    WHERE f.days_enrolled >= a.minimum_days_enrolled
    GROUP BY ALL
),

grouped AS (
    SELECT
        k.*,
        unnest(list_filter([
            'all',
            k.race_ethnicity,
            k.sex,
            CASE WHEN k.children_with_disabilities THEN 'children_with_disabilities' END,
            CASE WHEN k.english_learner THEN 'english_learner' END,
            CASE WHEN k.economically_disadvantaged THEN 'economically_disadvantaged' END,
            CASE WHEN k.homeless THEN 'homeless' END,
            CASE WHEN k.migrant THEN 'migrant' END,
            CASE WHEN k.foster THEN 'foster' END,
            CASE WHEN k.military_connected THEN 'military_connected' END
        ], lambda g: g IS NOT NULL)) AS student_group
    FROM alike AS k
)

SELECT
    coalesce(c.school_identifier_nces, a.state_abbreviation_code || '-' || g.school_identifier_sea) AS organization_id,
    g.school_year,
    g.month_end,
    g.student_group,
    CAST(sum(g.students) AS BIGINT) AS eligible_students,
    CAST(sum(g.chronically_absent) AS BIGINT) AS chronically_absent_students,
    TRUE AS is_additive,
    min(g.source_id) AS source_id,
    min(g.data_status) AS data_status
FROM grouped AS g
CROSS JOIN agency.settings AS a
LEFT JOIN raw.sis_attendance__schools AS c
    ON c.school_identifier_sea = g.school_identifier_sea AND c.extract_school_year = g.school_year
GROUP BY c.school_identifier_nces, a.state_abbreviation_code, g.school_identifier_sea, g.school_year, g.month_end,
    g.student_group
