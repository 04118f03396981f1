-- Units of the agency's own plan that lead milestones or actions of the year, at each month that has ended. A unit whose
-- work was all done before the month has nothing to report and counts as having reported.
WITH months AS (
    SELECT CAST(first_day AS DATE) AS month_starts_on, last_day(CAST(first_day AS DATE)) AS month_ends_on, a.school_year
    FROM agency.settings AS a,
        generate_series(make_date(a.school_year - 1, 7, 1), make_date(a.school_year, 6, 1), INTERVAL 1 MONTH) AS g(first_day)
    WHERE last_day(CAST(first_day AS DATE)) <= a.as_of
),

work AS (
    SELECT n.node_id, n.lead_unit_id AS unit_id, u.name AS unit_name
    FROM agency.plan_nodes AS n
    JOIN agency.plan_units AS u ON u.unit_id = n.lead_unit_id
    CROSS JOIN agency.settings AS a
    -- Nodes of nested plans begin with the organization that owns them.
    WHERE n.node_type IN ('milestone', 'action') AND n.school_year = a.school_year AND n.node_id LIKE 'G%'
),

by_node AS (
    SELECT
        w.unit_id,
        w.unit_name,
        m.month_starts_on,
        m.school_year,
        coalesce(arg_max(e.status, e.as_of_date) FILTER (WHERE e.as_of_date < m.month_starts_on), '')
            NOT IN ('COMPLETE', 'CANCELLED') AS is_open,
        coalesce(max(e.as_of_date) >= m.month_starts_on, FALSE) AS is_reported,
        max(e.as_of_date) AS last_reported_on
    FROM work AS w
    CROSS JOIN months AS m
    LEFT JOIN core.status_events AS e ON e.node_id = w.node_id AND e.as_of_date <= m.month_ends_on
    GROUP BY w.unit_id, w.unit_name, w.node_id, m.month_starts_on, m.school_year
)

SELECT
    unit_id,
    strftime(month_starts_on, '%Y-%m') AS month,
    school_year,
    unit_name,
    count(*) FILTER (WHERE is_open) AS nodes_to_report,
    count(*) FILTER (WHERE is_open AND is_reported) AS nodes_reported,
    bool_or(is_reported) OR NOT bool_or(is_open) AS has_reported,
    max(last_reported_on) AS last_reported_on
FROM by_node
GROUP BY unit_id, unit_name, month_starts_on, school_year
