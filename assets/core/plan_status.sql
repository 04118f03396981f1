-- The last report of each milestone and action at each month end, beside what its actions come to and how the annual
-- review judged it. Loses what the plan does not name, which status_events keeps and a claim there stops.
WITH months AS (
    SELECT last_day(CAST(first_day AS DATE)) AS as_of_date, a.school_year
    FROM agency.settings AS a,
        generate_series(make_date(a.school_year - 1, 7, 1), make_date(a.school_year, 6, 1), INTERVAL 1 MONTH) AS g(first_day)
    WHERE last_day(CAST(first_day AS DATE)) <= a.as_of
),

work AS (
    SELECT n.node_id, n.parent_node_id, n.node_type, n.lead_unit_id, n.due_on
    FROM agency.plan_nodes AS n
    CROSS JOIN agency.settings AS a
    WHERE n.node_type IN ('milestone', 'action')
        AND (n.school_year = a.school_year OR n.node_id IN (SELECT e.node_id FROM core.status_events AS e))
),

reported AS (
    SELECT
        w.node_id,
        w.parent_node_id,
        w.node_type,
        w.lead_unit_id,
        w.due_on,
        m.as_of_date,
        m.school_year,
        arg_max(e.status, e.as_of_date) AS status,
        arg_max(struct_pack(percent := e.percent_complete), e.as_of_date).percent AS percent_complete,
        max(e.as_of_date) AS reported_on
    FROM work AS w
    CROSS JOIN months AS m
    LEFT JOIN core.status_events AS e ON e.node_id = w.node_id AND e.as_of_date <= m.as_of_date
    GROUP BY ALL
),

standing AS (
    SELECT *, due_on <= as_of_date AND coalesce(status NOT IN ('COMPLETE', 'CANCELLED'), TRUE) AS is_overdue
    FROM reported
),

below AS (
    SELECT
        parent_node_id AS node_id,
        as_of_date,
        count(*) AS actions,
        count(*) FILTER (WHERE status = 'COMPLETE') AS actions_complete,
        CASE
            WHEN count(*) = count(*) FILTER (WHERE status = 'CANCELLED') THEN 'CANCELLED'
            WHEN bool_and(coalesce(status IN ('COMPLETE', 'CANCELLED'), FALSE)) THEN 'COMPLETE'
            WHEN bool_or(coalesce(status = 'DELAYED', FALSE) OR is_overdue) THEN 'DELAYED'
            WHEN bool_or(coalesce(status IN ('IN_PROGRESS', 'COMPLETE'), FALSE)) THEN 'IN_PROGRESS'
            ELSE 'NOT_STARTED'
        END AS status_of_actions
    FROM (SELECT * REPLACE (coalesce(is_overdue, FALSE) AS is_overdue) FROM standing WHERE node_type = 'action')
    GROUP BY ALL
),

judged AS (
    SELECT node_id, arg_max(judgement, held_on) AS judgement, max(held_on) AS judged_on
    FROM core.review_decisions
    WHERE judgement IS NOT NULL
    GROUP BY node_id
)

SELECT
    s.node_id,
    s.as_of_date,
    s.school_year,
    s.node_type,
    s.lead_unit_id,
    s.due_on,
    s.status,
    s.percent_complete,
    s.reported_on,
    coalesce(b.actions, 0) AS actions,
    coalesce(b.actions_complete, 0) AS actions_complete,
    b.status_of_actions,
    j.judgement,
    j.judged_on,
    coalesce(s.is_overdue, FALSE) AS is_overdue
FROM standing AS s
LEFT JOIN below AS b ON b.node_id = s.node_id AND b.as_of_date = s.as_of_date
LEFT JOIN judged AS j
    ON j.node_id = s.node_id AND s.node_type = 'milestone'
    AND (j.judged_on <= s.as_of_date OR s.as_of_date = make_date(s.school_year, 6, 30))
