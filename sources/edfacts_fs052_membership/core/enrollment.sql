-- Membership of schools on or about 1 October, by grade and by one group at a time. Every set counts the same students again,
-- so each row is of one: the total, the subtotal by grade, those by grade and race or sex, and by race and sex for all
-- grades. Loses: the full cross of all three; LEA and state rows, which are sums of schools; students of no grade, of
-- grade 13 and in adult education, from rows by grade (they are in the totals).
WITH labelled AS (
    SELECT f.*, unnest(CASE
        WHEN f.race IS NULL AND f.sex IS NULL THEN ['all']
        WHEN f.grade IS NULL THEN [f.race, f.sex]
        ELSE [coalesce(f.race, f.sex)]
    END) AS student_group
    FROM raw.edfacts_fs052_membership__submission AS f
    WHERE f.level = 'SCHOOL' AND f.category_set IN ('TOT', 'ST1', 'ST2', 'ST3', 'ST4')
)

SELECT
    coalesce(o.organization_id, a.state_abbreviation_code || '-' || f.school_identifier_sea) AS organization_id,
    f.school_year,
    f.student_group,
    coalesce(f.grade, 'all') AS grade,
    CAST(sum(f.student_count) AS BIGINT) AS enrolled_students,
    TRUE AS is_additive,
    CAST(1 AS SMALLINT) AS precedence,
    f.source_id,
    arg_min(f.snapshot_sha256, f.source_line) AS snapshot_sha256,
    min(f.source_line) AS source_line,
    arg_min(f.data_status, f.source_line) AS data_status
FROM labelled AS f
INNER JOIN agency.settings AS a ON a.state_ansi_code = f.state_ansi_code
LEFT JOIN core.organizations AS o
    ON o.organization_type = 'SCHOOL' AND o.school_identifier_sea = f.school_identifier_sea
WHERE coalesce(f.grade, 'all') NOT IN ('missing', '13', 'adult_education')
GROUP BY
    o.organization_id, a.state_abbreviation_code, f.school_identifier_sea, f.school_year, f.student_group, f.grade, f.source_id
