-- Decisions of the reviews of this school year's periods; those of other years are in the same file and belong to them.
-- An annual review judges a milestone in one of four words; whatever else it decides is a decision and no judgement.
WITH periods AS (
    SELECT
        x.*,
        CAST(left(x.reviewed_period, 4) AS SMALLINT) AS period_year,
        CASE
            WHEN x.reviewed_period LIKE '%-Q%' THEN CAST(right(x.reviewed_period, 1) AS INTEGER) > 2
            WHEN x.reviewed_period LIKE '%-%' THEN CAST(right(x.reviewed_period, 2) AS INTEGER) > 6
            ELSE FALSE
        END AS is_before_new_year
    FROM raw.review_decisions__decisions AS x
)

SELECT
    x.review_id,
    x.node_id,
    x.decision,
    x.school_year,
    x.review_type,
    x.held_on,
    x.reviewed_period,
    CASE WHEN x.review_type = 'annual' AND n.node_type = 'milestone' THEN
        CASE lower(x.decision)
            WHEN 'met' THEN 'MET'
            WHEN 'partial' THEN 'PARTIAL'
            WHEN 'not met' THEN 'NOT_MET'
            WHEN 'carried forward' THEN 'CARRIED_FORWARD'
        END
    END AS judgement,
    nullif(x.owner_role, '') AS owner_role,
    x.due_on,
    x.done_on,
    coalesce(x.due_on < a.as_of AND x.done_on IS NULL, FALSE) AS is_overdue,
    n.node_id IS NOT NULL AS is_in_plan,
    x.source_id,
    x.snapshot_sha256,
    x.source_line,
    x.data_status
FROM periods AS x
CROSS JOIN agency.settings AS a
LEFT JOIN agency.plan_nodes AS n ON n.node_id = x.node_id
WHERE x.period_year + CAST(x.is_before_new_year AS INTEGER) = x.school_year
