-- Participants with low attendance the year before, and those whose attendance got better, by grantee: a district, or a
-- community organization over all districts it works in. The state is the sum of both kinds, so it is given here and no
-- grantee is summed again. Loses: in which district an organization's participants go to school.
WITH placed AS (
    SELECT
        f.*,
        a.state_abbreviation_code,
        CASE f.grantee_type
            WHEN 'LEA' THEN coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.grantee_code)
            ELSE a.state_abbreviation_code || '-cbo.' || f.grantee_code
        END AS grantee_id
    FROM raw.cclc_21apr__grantees AS f
    CROSS JOIN agency.settings AS a
    LEFT JOIN core.organizations AS o
        ON o.organization_type = 'LEA' AND o.lea_identifier_sea = f.grantee_code AND f.grantee_type = 'LEA'
),

told AS (
    SELECT *, grantee_id AS organization_id FROM placed
    UNION ALL BY NAME
    SELECT *, state_abbreviation_code AS organization_id FROM placed
)

SELECT
    organization_id,
    school_year,
    '84.287' AS federal_program_code,
    'cclc_attendance_improved' AS indicator,
    'all' AS student_group,
    CAST(sum(low_attendance_participants) AS BIGINT) AS counted_participants,
    CAST(sum(improved_participants) AS BIGINT) AS met_participants,
    FALSE AS is_additive,
    source_id,
    arg_min(snapshot_sha256, source_line) AS snapshot_sha256,
    min(source_line) AS source_line,
    arg_min(data_status, source_line) AS data_status
FROM told
GROUP BY organization_id, school_year, source_id
