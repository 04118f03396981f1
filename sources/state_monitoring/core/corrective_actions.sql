-- An action begins when its review is done; of a review that is not in the file, when it is due.
SELECT
    c.action_id,
    c.review_id,
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || c.lea_identifier_sea) AS organization_id,
    c.school_year,
    c.federal_program_code,
    least(coalesce(r.completed_on, c.due_on), c.due_on) AS opened_on,
    c.due_on,
    c.closed_on,
    c.source_id,
    c.snapshot_sha256,
    c.source_line,
    c.data_status
FROM raw.state_monitoring__corrective_actions AS c
CROSS JOIN agency.settings AS a
LEFT JOIN raw.state_monitoring__reviews AS r ON r.review_id = c.review_id -- m:1
LEFT JOIN core.organizations AS o -- m:1
    ON o.organization_type = 'LEA' AND o.lea_identifier_sea = c.lea_identifier_sea
