-- Slowly changing organizations (SCD2) from the yearly snapshots up to this year: a row for each stretch of snapshots in
-- which nothing changed. A year without a snapshot of the agency ends no stretch; one whose snapshot lacks the
-- organization does. Lineage does not count as a change, nor whether a directory or only a data file knew it.
-- Prior ids are told once, in the year of the change, so they are no state that ends: they stay from then on.
WITH years AS (
    SELECT school_year, row_number() OVER (ORDER BY school_year) AS place
    FROM (SELECT DISTINCT school_year FROM to_date.organizations)
),

snapshots AS (
    SELECT
        o.* REPLACE (
            last_value(o.prior_lea_identifier_sea IGNORE NULLS) OVER so_far AS prior_lea_identifier_sea,
            last_value(o.prior_school_identifier_sea IGNORE NULLS) OVER so_far AS prior_school_identifier_sea
        ),
        y.place
    FROM to_date.organizations AS o
    INNER JOIN years AS y ON y.school_year = o.school_year
    WINDOW so_far AS (PARTITION BY o.organization_id ORDER BY o.school_year)
),

described AS (
    SELECT
        *,
        {
            'type': organization_type, 'name': organization_name, 'lea_nces': lea_identifier_nces,
            'lea_sea': lea_identifier_sea, 'school_nces': school_identifier_nces, 'school_sea': school_identifier_sea,
            'uei': uei, 'prior_lea': prior_lea_identifier_sea, 'prior_school': prior_school_identifier_sea,
            'authorizer': authorizer_lea_id, 'reporting': reporting_lea_id, 'parent': parent_organization_id,
            'successor': merged_into_organization_id, 'closed_on': closed_on, 'is_charter': is_charter,
            'charter_number': charter_school_number, 'charter_funding': charter_funding_type,
            'status': operational_status
        } AS attributes
    FROM snapshots
),

marked AS (
    SELECT
        *,
        lag(place) OVER of_one IS DISTINCT FROM place - 1
        OR lag(attributes) OVER of_one IS DISTINCT FROM attributes AS is_new
    FROM described
    WINDOW of_one AS (PARTITION BY organization_id ORDER BY school_year)
),

stretched AS (
    SELECT *, sum(CAST(is_new AS INTEGER)) OVER (PARTITION BY organization_id ORDER BY school_year) AS stretch
    FROM marked
)

SELECT
    s.organization_id,
    a.school_year,
    min(s.school_year) AS valid_from_school_year,
    CASE WHEN max(s.school_year) < a.school_year THEN max(s.school_year) END AS valid_to_school_year,
    max(s.school_year) = a.school_year AS is_current,
    count(*) AS snapshot_years,
    any_value(s.organization_type) AS organization_type,
    any_value(s.organization_name) AS organization_name,
    any_value(s.state_abbreviation_code) AS state_abbreviation_code,
    any_value(s.lea_identifier_nces) AS lea_identifier_nces,
    any_value(s.lea_identifier_sea) AS lea_identifier_sea,
    any_value(s.school_identifier_nces) AS school_identifier_nces,
    any_value(s.school_identifier_sea) AS school_identifier_sea,
    any_value(s.uei) AS uei,
    any_value(s.prior_lea_identifier_sea) AS prior_lea_identifier_sea,
    any_value(s.prior_school_identifier_sea) AS prior_school_identifier_sea,
    any_value(s.authorizer_lea_id) AS authorizer_lea_id,
    any_value(s.reporting_lea_id) AS reporting_lea_id,
    any_value(s.parent_organization_id) AS parent_organization_id,
    any_value(s.merged_into_organization_id) AS merged_into_organization_id,
    any_value(s.closed_on) AS closed_on,
    any_value(s.is_charter) AS is_charter,
    any_value(s.charter_school_number) AS charter_school_number,
    any_value(s.charter_funding_type) AS charter_funding_type,
    any_value(s.operational_status) AS operational_status,
    bool_or(s.is_in_directory) AS is_in_directory
FROM stretched AS s
CROSS JOIN agency.settings AS a
GROUP BY s.organization_id, s.stretch, a.school_year
