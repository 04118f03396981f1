-- Teachers of each school in full-time equivalents, and those of them without experience, with an emergency or provisional
-- credential, and teaching out of their field: three counts of the same teachers. A count that the file does not make for a
-- school is not known. Loses: LEA and state rows, which are sums of schools, and teachers of whom a count is missing.
SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    max(f.teachers_fte) FILTER (WHERE f.total_indicator = 'Y') AS teachers_fte,
    CASE WHEN count(f.experience) > 0 THEN
        coalesce(sum(f.teachers_fte) FILTER (WHERE f.experience = 'inexperienced'), 0)
    END AS inexperienced_fte,
    CASE WHEN count(f.field) > 0 THEN
        coalesce(sum(f.teachers_fte) FILTER (WHERE f.field = 'out_of_field'), 0)
    END AS out_of_field_fte,
    CASE WHEN count(f.credential) > 0 THEN
        coalesce(sum(f.teachers_fte) FILTER (WHERE f.credential = 'emergency_or_provisional'), 0)
    END AS emergency_fte,
    TRUE AS is_additive,
    CAST(1 AS SMALLINT) AS precedence,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM raw.edfacts_fs203_teachers__submission AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE f.level = 'SCHOOL'
    -- Rows that cross two of the three would count the same teachers again.
    AND CAST(f.experience IS NOT NULL AS INTEGER) + CAST(f.field IS NOT NULL AS INTEGER)
    + CAST(f.credential IS NOT NULL AS INTEGER) <= 1
GROUP BY o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.source_id
