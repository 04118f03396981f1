-- One row per organization: the name of the best-ranked mapping, other attributes from the first that knows them.
-- The state itself comes from the agency's settings, its divisions and units from the plan, so that no source has to
-- know them. A plan's topmost unit is the agency, which is the state's own row.
WITH named AS (
    SELECT * FROM mapped.organizations
    UNION ALL BY NAME
    SELECT
        a.state_abbreviation_code AS organization_id,
        a.school_year,
        'SEA' AS organization_type,
        a.state_name AS organization_name,
        a.state_abbreviation_code,
        true AS is_in_directory,
        'agency' AS source_id,
        'final' AS data_status,
        CAST(0 AS SMALLINT) AS precedence
    FROM agency.settings AS a
    UNION ALL BY NAME
    SELECT
        a.state_abbreviation_code || '-unit.' || u.unit_id AS organization_id,
        a.school_year,
        CASE u.unit_type WHEN 'division' THEN 'DIVISION' ELSE 'UNIT' END AS organization_type,
        u.name AS organization_name,
        a.state_abbreviation_code,
        CASE WHEN above.unit_type <> 'agency' THEN a.state_abbreviation_code || '-unit.' || u.parent END
            AS parent_organization_id,
        true AS is_in_directory,
        'agency' AS source_id,
        'final' AS data_status,
        CAST(0 AS SMALLINT) AS precedence
    FROM agency.plan_units AS u
    CROSS JOIN agency.settings AS a
    LEFT JOIN agency.plan_units AS above ON above.unit_id = u.parent -- m:1
    WHERE u.unit_type <> 'agency'
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY organization_id, school_year
            ORDER BY coalesce(precedence, 9), source_id, source_line, organization_name
        ) AS place
    FROM named
)

SELECT
    organization_id,
    school_year,
    arg_min(organization_type, place) AS organization_type,
    arg_min(organization_name, place) AS organization_name,
    arg_min(state_abbreviation_code, place) AS state_abbreviation_code,
    arg_min(lea_identifier_nces, place) AS lea_identifier_nces,
    arg_min(lea_identifier_sea, place) AS lea_identifier_sea,
    arg_min(school_identifier_nces, place) AS school_identifier_nces,
    arg_min(school_identifier_sea, place) AS school_identifier_sea,
    arg_min(authorizer_lea_id, place) AS authorizer_lea_id,
    arg_min(reporting_lea_id, place) AS reporting_lea_id,
    CASE arg_min(organization_type, place)
        WHEN 'SEA' THEN NULL
        WHEN 'SCHOOL' THEN coalesce(
            arg_min(parent_organization_id, place), arg_min(authorizer_lea_id, place), arg_min(reporting_lea_id, place)
        )
        ELSE coalesce(arg_min(parent_organization_id, place), arg_min(state_abbreviation_code, place))
    END AS parent_organization_id,
    arg_min(uei, place) AS uei,
    arg_min(prior_lea_identifier_sea, place) AS prior_lea_identifier_sea,
    arg_min(prior_school_identifier_sea, place) AS prior_school_identifier_sea,
    arg_min(merged_into_organization_id, place) AS merged_into_organization_id,
    arg_min(closed_on, place) AS closed_on,
    arg_min(is_charter, place) AS is_charter,
    arg_min(charter_school_number, place) AS charter_school_number,
    arg_min(charter_funding_type, place) AS charter_funding_type,
    arg_min(operational_status, place) AS operational_status,
    bool_or(coalesce(is_in_directory, false)) AS is_in_directory,
    arg_min(source_id, place) AS source_id,
    max(snapshot_sha256) FILTER (WHERE place = 1) AS snapshot_sha256,
    max(source_line) FILTER (WHERE place = 1) AS source_line,
    arg_min(data_status, place) AS data_status
FROM ranked
GROUP BY organization_id, school_year
