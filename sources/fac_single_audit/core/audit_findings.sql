-- Findings, one row a report and reference number: the sheet repeats a finding for every award it touches.
-- The marks of a finding are the same on all its lines (true of all eight audits seen; a test recounts it), so any
-- line's mark is the finding's. A finding is of education when any of its awards is 84.*; it is null when an award is
-- not in the schedule and no other is 84.*, since then nobody knows, and the contract refuses the null.
WITH lines AS (
    SELECT
        f.*,
        w.federal_agency_prefix,
        w.federal_agency_prefix || '.' || w.federal_award_extension AS assistance_listing
    FROM raw.fac_single_audit__findings AS f
    LEFT JOIN raw.fac_single_audit__awards AS w          -- many lines to one award
        ON w.report_id = f.report_id AND w.award_reference = f.award_reference
)
SELECT
    f.report_id,
    f.reference_number,
    x.organization_id,
    f.school_year,
    string_agg(DISTINCT f.award_reference, ',' ORDER BY f.award_reference) AS award_references,
    string_agg(DISTINCT f.assistance_listing, ',' ORDER BY f.assistance_listing) AS assistance_listings,
    CASE
        WHEN bool_or(f.federal_agency_prefix = '84') THEN TRUE
        WHEN count(*) = count(f.federal_agency_prefix) THEN FALSE
    END AS is_education_program,
    bool_or(f.is_repeat_finding) AS is_repeat_finding,
    nullif(min(f.prior_finding_reference_numbers), 'N/A') AS prior_finding_reference_numbers,
    min(f.type_requirements) AS type_requirements,
    bool_or(f.is_material_weakness) AS is_material_weakness,
    bool_or(f.is_significant_deficiency) AS is_significant_deficiency,
    bool_or(f.is_questioned_costs) AS is_questioned_costs,
    bool_or(f.is_modified_opinion) AS is_modified_opinion,
    bool_or(f.is_other_matters) AS is_other_matters,
    bool_or(f.is_other_findings) AS is_other_findings,
    f.source_id,
    min(f.snapshot_sha256) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    min(f.data_status) AS data_status
FROM lines AS f
LEFT JOIN crosswalk.auditees AS x ON x.report_id = f.report_id      -- many findings to one auditee
GROUP BY f.report_id, f.reference_number, f.school_year, x.organization_id, f.source_id
