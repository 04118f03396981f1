-- Reports with the state's own award numbers; who the subrecipient is, core finds by the UEI.
SELECT
    r.report_status,
    r.report_id,
    r.report_number,
    r.subaward_number,
    a.state_abbreviation_code AS organization_id,
    a.state_abbreviation_code || '-' || r.subrecipient_uei AS subrecipient_organization_id,
    r.school_year,
    r.fain AS award_id,
    CAST(r.subaward_usd AS DECIMAL(18, 2)) AS amount_usd,
    r.subaward_on,
    r.submitted_on AS reported_on,
    r.source_id,
    r.snapshot_sha256,
    r.source_line,
    r.data_status
FROM raw.sam_subawards__reports AS r, agency.settings AS a
