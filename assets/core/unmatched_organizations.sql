-- Rows of the year whose organization no directory knows, counted by core table, source and organization, so that
-- nothing is dropped in silence. Such rows are kept under an id of the state's; this says how many and where.
-- Of single students only their number at an organization is told. Loses: rows of organizations that a directory has.
WITH told AS (
    SELECT 'accountability_results' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.accountability_results GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'allocations' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.allocations GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'applications' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.applications GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'assessment_results' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.assessment_results GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'audit_awards' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.audit_awards GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'audit_findings' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.audit_findings GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'award_requests' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.award_requests GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'awards' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.awards GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'carryover' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.carryover GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'chronic_absence' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.chronic_absence GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'chronic_absence_months' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.chronic_absence_months GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'corrective_actions' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.corrective_actions GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'draw_payments' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.draw_payments GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'drawdowns' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.drawdowns GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'educator_quality' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.educator_quality GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'el_progress' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.el_progress GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'enrollment' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.enrollment GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'graduation_cohorts' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.graduation_cohorts GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'lea_finance' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.lea_finance GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'ledger_entries' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.ledger_entries GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'maintenance_of_effort' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.maintenance_of_effort GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'monitoring_reviews' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.monitoring_reviews GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'payments' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.payments GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'poverty' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.poverty GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'program_participation' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.program_participation GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'reimbursement_requests' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.reimbursement_requests GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'school_expenditures' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.school_expenditures GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'school_identifications' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.school_identifications GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'student_attendance' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.student_attendance GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'student_growth' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.student_growth GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'subaward_reports' AS core_table, source_id, organization_id, school_year, count(*) AS unmatched_rows
    FROM core.subaward_reports GROUP BY ALL
)

SELECT
    t.core_table,
    t.source_id,
    t.organization_id,
    t.school_year,
    o.organization_type,
    o.organization_name,
    o.lea_identifier_sea,
    o.school_identifier_sea,
    o.organization_id IS NOT NULL AS is_organization,
    t.unmatched_rows
FROM told AS t
LEFT JOIN core.organizations AS o ON o.organization_id = t.organization_id AND o.school_year = t.school_year
WHERE t.organization_id IS NOT NULL AND NOT coalesce(o.is_in_directory, false)
