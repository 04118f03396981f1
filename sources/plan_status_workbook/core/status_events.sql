-- One row per report. Loses nothing: what the plan does not name stays, marked, and a claim stops it.
SELECT
    x.node_id,
    x.as_of_date,
    x.school_year,
    x.status,
    CAST(x.percent_complete AS SMALLINT) AS percent_complete,
    nullif(x.narrative, '') AS narrative,
    nullif(x.barrier, '') AS barrier,
    x.reporter_role,
    x.review_type,
    p.node_id IS NOT NULL AS is_in_plan,
    x.source_id, x.snapshot_sha256, x.source_line, x.data_status
FROM raw.plan_status_workbook__status AS x
LEFT JOIN agency.plan_nodes AS p ON p.node_id = x.node_id
