"""EdSight's expenditures, sanctions and enrollment, read by the product and counted again with csv alone."""

from __future__ import annotations

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from connecticut_reading import files_of, query, run_mapping

from sources.registry import discover

FINANCE = range(2006, 2016)
YEARS = {
    "ct_edsight_expenditures": FINANCE,
    "ct_edsight_per_pupil_expenditures": FINANCE,
    "ct_edsight_special_education_expenditures": FINANCE,
    "ct_edsight_sanctions": range(2010, 2017),
    "ct_edsight_enrollment": range(2012, 2017),
}
FOLDERS = {
    "ct_edsight_expenditures": ("annual-expenditures-district",),
    "ct_edsight_per_pupil_expenditures": ("per-pupil-expenditures-district",),
    "ct_edsight_special_education_expenditures": ("special-education-expenditures-district",),
    "ct_edsight_sanctions": ("sanctions-district",),
    "ct_edsight_enrollment": ("enrollment-district", "enrollment-school"),
}
PAIRS = [(source, year) for source, years in YEARS.items() for year in years]
FIRST_HEADERS = {"District", "Organization", "Type", "State", "Grade", "Race"}


def printed(file: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows as printed: text replacement takes the formulas off, and csv does the rest."""
    text = file.read_text(encoding="ascii").replace('"=""', '"').replace('"""', '"')
    text = re.sub(r'(?m)(^|,)="', r'\1"', text)
    rows = [row for row in csv.reader(text.splitlines()) if row]
    at = next(i for i, row in enumerate(rows) if row[0] in FIRST_HEADERS and len(row) > 1)
    return rows[at], rows[at + 1 :]


def of_file(table, file: Path) -> list[dict[str, object]]:
    """The rows that came from one file, in the file's order."""
    rows = [row for row in table.to_pylist() if row["source_file"].endswith(f"/{file.name}")]
    return sorted(rows, key=lambda row: row["source_line"])


def real_files(connecticut, shared_data, source_id: str, year: int) -> list[Path]:
    ignored = discover()[source_id].spec.ignored_files
    return list(files_of(connecticut.sources[source_id].for_year(year), shared_data, ignored))


@pytest.mark.parametrize("source_id", YEARS)
def test_every_file_of_a_folder_is_switched_on_once(connecticut, shared_data, source_id):
    releases = connecticut.sources[source_id].releases
    assert {year for release in releases for year in release.school_years} == set(YEARS[source_id])
    times = Counter(file for release in releases for file in files_of(release, shared_data))
    folders = [shared_data / "ct_edsight" / folder for folder in FOLDERS[source_id]]
    assert times == Counter(file for folder in folders for file in folder.iterdir())


def test_no_folder_of_edsight_is_left_unread(connecticut, shared_data):
    read = {
        file.parent.name
        for source in connecticut.sources.values()
        for release in source.releases
        if release.files
        for file in files_of(release, shared_data)
        if file.parent.parent.name == "ct_edsight"
    }
    assert read == {folder.name for folder in (shared_data / "ct_edsight").iterdir()}


@pytest.mark.parametrize(("source_id", "year"), PAIRS)
def test_every_cell_of_every_file_is_a_figure_or_a_mark(declared, connecticut, shared_data, source_id, year):
    results = declared(source_id, year).tables.values()
    assert all(r.rows_in == r.rows_out and r.rows_quarantined == 0 for r in results)
    for file in real_files(connecticut, shared_data, source_id, year):
        header, rows = printed(file)
        is_wide = source_id == "ct_edsight_enrollment"
        names = sum(h in ("District", "District Code", "School", "School Code") for h in header) or 1
        names = 2 if source_id != "ct_edsight_enrollment" and "Type" in header[1:2] else names
        cells = [cell for row in rows for cell in row[names:]]
        found = [row for result in results for row in of_file(result.table, file)]
        assert len(found) == (len(cells) if is_wide else len(rows)), file.name
        figures = Counter(Decimal(cell) for cell in cells if cell not in ("*", "N/A"))
        kinds = (int, Decimal)
        lineage = ("source_line", "school_year")
        read = Counter(
            Decimal(value)
            for row in found
            for name, value in row.items()
            if isinstance(value, kinds) and name not in lineage
        )
        assert read == figures, file.name
        marks = Counter(v for row in found for n, v in row.items() if n.endswith("_marker") and v)
        cells_marked = Counter(cells)
        assert (marks["suppressed"], marks["not_applicable"]) == (cells_marked["*"], cells_marked["N/A"])


@pytest.mark.parametrize("year", FINANCE)
def test_purposes_add_up_to_the_total_of_every_district_and_of_the_state(declared, year):
    results = declared("ct_edsight_expenditures", year).tables
    assert results["districts"].warnings == ()
    parts = {r["purpose"]: r["expenditure_usd"] for r in results["state"].table.to_pylist()}
    assert sum(v for name, v in parts.items() if name != "total") == parts["total"]
    assert {r["organization_name"] for r in results["state"].table.to_pylist()} == {"State of Connecticut"}


def test_a_district_s_expenditures_are_those_printed_in_its_line(declared, shared_data):
    folder = shared_data / "ct_edsight/annual-expenditures-district"
    header, rows = printed(folder / "annual-expenditures__2014-15.csv")
    table = declared("ct_edsight_expenditures", 2015).tables["districts"].table.to_pylist()
    columns = [name for name in table[0] if name.endswith("_usd")]
    assert len(columns) == len(header) - 1
    read = {r["district_name"]: [r[c] for c in columns] for r in table}
    for row in rows:
        assert read[row[0]] == [None if c == "N/A" else Decimal(c) for c in row[1:]]
    assert read["Andover School District"][-1] == Decimal(4441692)


@pytest.mark.parametrize("year", FINANCE)
def test_shares_of_the_state_s_special_education_are_shares_of_its_own_total(declared, year):
    rows = declared("ct_edsight_special_education_expenditures", year).tables["state"].table.to_pylist()
    total = next(r["expenditure_usd"] for r in rows if r["object"] == "total")
    for row in rows:
        assert abs(100 * row["expenditure_usd"] / total - row["share_percent"]) <= Decimal("0.0501")


@pytest.mark.parametrize("year", FINANCE)
def test_special_education_is_no_more_than_everything(declared, year):
    everything = declared("ct_edsight_expenditures", year).tables["districts"].table
    special = declared("ct_edsight_special_education_expenditures", year).tables["districts"].table
    joined, above = query(
        """
        SELECT count(*), count(*) FILTER (WHERE s.total_usd > e.total_usd)
        FROM s JOIN e USING (district_name)
        """,
        s=special,
        e=everything,
    )[0]
    assert joined == special.num_rows and above == 0


def test_the_two_lines_that_edsight_repeats_under_another_district_s_code_are_the_only_ones(declared):
    repeated = []
    for year in YEARS["ct_edsight_sanctions"]:
        rows = declared("ct_edsight_sanctions", year).tables["counts"].table.to_pylist()
        names = Counter(row["organization_name"] for row in rows)
        repeated += [(year, name, times) for name, times in names.items() if times > 1]
    assert repeated == [(2010, "Bridgeport School District", 2), (2012, "Explorations District", 2)]


@pytest.mark.parametrize("year", YEARS["ct_edsight_enrollment"])
def test_the_state_s_total_is_the_same_in_every_breakdown_and_cross_table(declared, year):
    tables = declared("ct_edsight_enrollment", year).tables
    totals = query(
        """
        SELECT DISTINCT students FROM counts
        WHERE organization_level = 'state' AND student_group = 'all' AND grade = 'all'
        UNION SELECT DISTINCT students FROM crosses
        WHERE student_group = 'all' AND second_group = 'all' AND grade = 'all'
        """,
        counts=tables["counts"].table,
        crosses=tables["crosses"].table,
    )
    assert len(totals) == 1
    if year == 2016:
        assert totals == [(541815,)]


@pytest.mark.parametrize("year", YEARS["ct_edsight_enrollment"])
def test_groups_of_a_breakdown_add_up_to_its_total_wherever_none_is_hidden(declared, year):
    judged, wrong = query(
        """
        WITH parts AS (
            SELECT breakdown, organization_code, sum(students) FILTER (WHERE student_group <> 'all'
                OR grade <> 'all') AS added, max(students) FILTER (WHERE student_group = 'all'
                AND grade = 'all') AS total, count(*) - count(students) AS hidden
            FROM counts WHERE breakdown <> 'all-students' GROUP BY ALL
        )
        SELECT count(*), count(*) FILTER (WHERE added <> total) FROM parts WHERE hidden = 0
        """,
        counts=declared("ct_edsight_enrollment", year).tables["counts"].table,
    )[0]
    assert judged > 600 and wrong == 0


def test_a_cross_table_s_cells_are_where_its_row_and_column_meet(declared):
    rows = declared("ct_edsight_enrollment", 2016).tables["crosses"].table.to_pylist()
    at = {(r["breakdown"], r["student_group"], r["second_group"], r["grade"]): r["students"] for r in rows}
    assert at["grade-by-gender", "female", "all", "01"] == 18443
    assert at["race_ethnicity-by-ell", "asian", "english_learner", "all"] == 3820
    assert at["race_ethnicity-by-ell", "all", "not_english_learner", "all"] == 506668
    lunch = "race_ethnicity-by-free_reduced_lunch"
    assert at[lunch, "asian", "reduced_price_lunch", "all"] == 1346
    assert at["race_ethnicity-by-gender", "asian", "male", "all"] == 13468
    assert at["race_ethnicity-by-special-education", "asian", "children_with_disabilities", "all"] == 1787


@pytest.mark.parametrize("year", [2015, 2016])
def test_schools_add_up_to_no_more_than_their_district(declared, year):
    compared, above = query(
        """
        WITH schools AS (
            SELECT district_code, sum(students) AS shown FROM counts
            WHERE organization_level = 'school' GROUP BY district_code
        )
        SELECT count(*), count(*) FILTER (WHERE s.shown > d.students)
        FROM schools AS s JOIN counts AS d ON d.organization_code = s.district_code
        WHERE d.breakdown = 'all-students' AND d.organization_level = 'district'
        """,
        counts=declared("ct_edsight_enrollment", year).tables["counts"].table,
    )[0]
    assert compared > 180 and above == 0


@pytest.mark.parametrize("year", [2012, 2016])
def test_enrollment_names_each_district_and_school_once(declared, connecticut, shared_data, crosswalk, year):
    reading = declared("ct_edsight_enrollment", year)
    named = run_mapping(reading, "organizations", crosswalk).to_pylist()
    assert len({row["organization_id"] for row in named}) == len(named)
    files = [f for f in real_files(connecticut, shared_data, reading.source.id, year) if "all-stud" in f.name]
    codes = {(row[1], row[3] if len(row) > 3 else "") for f in files for row in printed(f)[1] if row[1]}
    assert Counter(row["organization_type"] for row in named) == Counter(
        "SCHOOL" if school else "LEA" for _, school in codes
    )
