-- Due at the end of the month after the obligation (2 CFR 170), for subawards that are not below the floor.
-- Of the year are the reports handed in during it; what nobody has reported is in no file.
WITH named AS (
    SELECT state_abbreviation_code || '-' || uei AS uei_key, min(organization_id) AS organization_id
    FROM core.organizations
    WHERE uei IS NOT NULL
    GROUP BY ALL
)

SELECT
    m.* REPLACE (
        coalesce(n.organization_id, m.subrecipient_organization_id) AS subrecipient_organization_id,
        last_day(m.subaward_on + INTERVAL 1 MONTH) AS due_on,
        m.report_status = 'published' AND m.amount_usd >= a.subaward_report_floor_usd AS is_required,
        m.reported_on <= last_day(m.subaward_on + INTERVAL 1 MONTH) AS is_reported_on_time
    )
FROM mapped.subaward_reports AS m
CROSS JOIN agency.settings AS a
LEFT JOIN named AS n ON n.uei_key = m.subrecipient_organization_id
WHERE m.reported_on <= a.as_of
