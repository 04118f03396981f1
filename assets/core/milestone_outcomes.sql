-- Milestones of the year with the day they were met. What a unit reports complete and the annual review judges otherwise
-- is not met: the judgement is a person's, and stands. A milestone counts for its unit, each unit above it, and the state.
WITH RECURSIVE answering AS (
    SELECT u.unit_id, u.unit_id AS above_id, u.unit_type AS above_type, u.parent
    FROM agency.plan_units AS u
    UNION ALL
    SELECT x.unit_id, p.unit_id AS above_id, p.unit_type AS above_type, p.parent
    FROM answering AS x
    JOIN agency.plan_units AS p ON p.unit_id = x.parent
),

places AS (
    -- The topmost unit of type agency is the state's own row.
    SELECT x.unit_id, a.state_abbreviation_code || '-unit.' || x.above_id AS organization_id
    FROM answering AS x
    CROSS JOIN agency.settings AS a
    WHERE x.above_type <> 'agency'
    UNION ALL
    SELECT u.unit_id, a.state_abbreviation_code AS organization_id
    FROM agency.plan_units AS u
    CROSS JOIN agency.settings AS a
),

reports AS (
    SELECT
        node_id,
        arg_max(status, as_of_date) AS last_status,
        max(as_of_date) FILTER (WHERE status <> 'COMPLETE') AS last_incomplete_on
    FROM core.status_events
    GROUP BY node_id
),

completed AS (
    -- Work that was reported complete and then taken up again counts from when it was complete for good.
    SELECT e.node_id, min(e.as_of_date) AS completed_on
    FROM core.status_events AS e
    JOIN reports AS r ON r.node_id = e.node_id
    WHERE e.status = 'COMPLETE' AND coalesce(e.as_of_date > r.last_incomplete_on, TRUE)
    GROUP BY e.node_id
),

judged AS (
    SELECT node_id, arg_max(judgement, held_on) AS judgement
    FROM core.review_decisions
    WHERE judgement IS NOT NULL
    GROUP BY node_id
),

milestones AS (
    SELECT
        n.node_id,
        n.lead_unit_id AS unit_id,
        a.school_year,
        coalesce(n.due_on, make_date(a.school_year, 6, 30)) AS due_on,
        CASE
            WHEN j.judgement IN ('PARTIAL', 'NOT_MET', 'CARRIED_FORWARD') THEN NULL
            ELSE coalesce(c.completed_on, CASE WHEN j.judgement = 'MET' THEN make_date(a.school_year, 6, 30) END)
        END AS met_on,
        j.judgement,
        coalesce(r.last_status = 'CANCELLED', FALSE) AS is_cancelled,
        a.as_of
    FROM agency.plan_nodes AS n
    CROSS JOIN agency.settings AS a
    LEFT JOIN reports AS r ON r.node_id = n.node_id
    LEFT JOIN completed AS c ON c.node_id = n.node_id
    LEFT JOIN judged AS j ON j.node_id = n.node_id
    WHERE n.node_type = 'milestone' AND n.school_year = a.school_year AND n.node_id LIKE 'G%'
)

SELECT
    m.node_id,
    p.organization_id,
    m.school_year,
    m.unit_id,
    m.due_on,
    m.met_on,
    m.judgement,
    m.is_cancelled,
    m.due_on <= m.as_of AND NOT m.is_cancelled AS is_due,
    coalesce(m.met_on <= m.due_on, FALSE) AS is_met_on_time
FROM milestones AS m
JOIN places AS p ON p.unit_id = m.unit_id
