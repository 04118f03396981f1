-- The schedule of expenditures of federal awards, one row a line, for the audits the agency declares.
-- The crosswalk names the auditee (report_id -> organization_id), many lines to one report. A report without a
-- crosswalk row keeps a null organization, which the contract refuses: money is never dropped in silence.
-- The letter of a listing (84.425D) has no field of its own. It is taken only where it is written: after the number in
-- the award identification or the program name, or, for education programs, alone in brackets at the end of the name.
-- Other agencies' listings may end so by title: 93.387 is "National and State Tobacco Control Program (B)".
WITH lines AS (
    SELECT
        w.*,
        w.federal_agency_prefix || '.' || w.federal_award_extension AS assistance_listing,
        upper(concat_ws(' | ', w.additional_award_identification, w.federal_program_name)) AS stated
    FROM raw.fac_single_audit__awards AS w
)
SELECT
    w.report_id,
    w.award_reference,
    x.organization_id,
    w.school_year,
    w.federal_agency_prefix,
    w.assistance_listing,
    coalesce(
        nullif(regexp_extract(
            w.stated,
            '(?:^|[^0-9])' || w.federal_agency_prefix || '\.' || w.federal_award_extension || ' ?-?([A-Z])(?:[^A-Z0-9]|$)',
            1
        ), ''),
        CASE WHEN w.federal_agency_prefix = '84'
            THEN nullif(regexp_extract(upper(w.federal_program_name), ' \(([A-Z])\)$', 1), '') END
    ) AS assistance_listing_suffix,
    w.additional_award_identification,
    w.federal_program_name,
    w.amount_expended_usd,
    w.federal_program_total_usd,
    nullif(w.cluster_name, 'N/A') AS cluster_name,
    w.is_direct,
    w.is_major,
    w.is_passthrough_to_subrecipients,
    w.passthrough_amount_usd,
    w.findings_count,
    w.report_total_expended_usd,
    w.source_id,
    w.snapshot_sha256,
    w.source_line,
    w.data_status
FROM lines AS w
LEFT JOIN crosswalk.auditees AS x ON x.report_id = w.report_id
