-- Up to the year's end: the whole life of the year's awards, and what was posted in the year to any other.
-- An LEA known by its state id only is found among the organizations of the year; one that is not stays with that id.
WITH named AS (
    SELECT state_abbreviation_code || '-' || lea_identifier_sea AS state_key, min(organization_id) AS organization_id
    FROM core.organizations
    WHERE organization_type = 'LEA' AND lea_identifier_sea IS NOT NULL
    GROUP BY ALL
)

SELECT m.* REPLACE (coalesce(n.organization_id, m.organization_id) AS organization_id)
FROM mapped.ledger_entries AS m
CROSS JOIN agency.settings AS a
LEFT JOIN named AS n ON n.state_key = m.organization_id
LEFT JOIN core.awards AS w ON w.award_id = m.award_id
WHERE m.posted_on <= least(make_date(a.school_year, 6, 30), a.as_of)
    AND (w.award_id IS NOT NULL OR m.posted_on >= make_date(a.school_year - 1, 7, 1))
