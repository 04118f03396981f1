-- Dollars of each strategy through the awards and accounts the plan names. An entry that several resources of a strategy
-- name counts once for it. Loses what is spent from money the plan does not name.
WITH named AS (
    SELECT r.node_id, r.award_id, r.account, r.school_year AS planned_for, r.amount_usd, a.school_year
    FROM agency.plan_resources AS r
    CROSS JOIN agency.settings AS a
    WHERE r.school_year <= a.school_year
),

planned AS (
    SELECT
        node_id,
        school_year,
        coalesce(sum(amount_usd) FILTER (WHERE planned_for = school_year), 0) AS planned_usd,
        sum(amount_usd) AS planned_to_date_usd
    FROM named
    GROUP BY node_id, school_year
),

awards_of AS (
    SELECT DISTINCT n.node_id, n.award_id, w.award_id IS NOT NULL AS is_known
    FROM named AS n
    LEFT JOIN core.awards AS w ON w.award_id = n.award_id
    WHERE n.award_id IS NOT NULL
),

awards_counted AS (
    SELECT node_id, count(*) AS awards_named, count(*) FILTER (WHERE is_known) AS awards_known
    FROM awards_of
    GROUP BY node_id
),

allocated AS (
    SELECT w.node_id, sum(l.amount_usd) AS allocated_usd
    FROM awards_of AS w
    JOIN core.allocations AS l
        ON l.award_id = w.award_id AND l.is_current AND l.allocation_type IN ('lea', 'reservation')
    GROUP BY w.node_id
),

entries AS (
    SELECT DISTINCT n.node_id, e.entry_id, e.amount_usd, e.posted_on >= make_date(n.school_year - 1, 7, 1) AS is_in_year
    FROM named AS n
    JOIN core.ledger_entries AS e
        ON e.entry_type = 'expenditure'
        AND (n.award_id IS NULL OR n.award_id = e.award_id)
        AND (n.account IS NULL OR n.account = e.account_code)
),

spent AS (
    SELECT
        node_id,
        coalesce(sum(amount_usd) FILTER (WHERE is_in_year), 0) AS expended_usd,
        sum(amount_usd) AS expended_to_date_usd,
        count(*) AS ledger_entries
    FROM entries
    GROUP BY node_id
),

ledger AS (
    SELECT count(*) > 0 AS is_there FROM core.ledger_entries
)

SELECT
    p.node_id,
    p.school_year,
    p.planned_usd,
    p.planned_to_date_usd,
    coalesce(c.awards_named, 0) AS awards_named,
    coalesce(c.awards_known, 0) AS awards_known,
    t.allocated_usd,
    s.expended_usd,
    s.expended_to_date_usd,
    coalesce(s.ledger_entries, 0) AS ledger_entries,
    CASE WHEN NOT g.is_there THEN 'no_ledger' WHEN s.node_id IS NULL THEN 'nothing_known' END AS money_reason
FROM planned AS p
CROSS JOIN ledger AS g
LEFT JOIN awards_counted AS c ON c.node_id = p.node_id
LEFT JOIN allocated AS t ON t.node_id = p.node_id
LEFT JOIN spent AS s ON s.node_id = p.node_id
