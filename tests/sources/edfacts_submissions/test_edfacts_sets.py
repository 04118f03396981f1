"""Category sets: every row's set is recognised, and no total is summed with its details."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from edfacts_rendering import levels, read_records, record, submissions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.readers.edfacts_sets import categories_of
from sources.readers.layout import load_layouts
from sources.readers.remarks import reader_warnings, refused_rows
from sources.registry import Source

WITH_SETS = sorted(
    name for name, source in submissions().items()
    if any(line.column == "category_set" for line in source.columns.lines)
)  # fmt: skip


def listed(source: Source) -> list[dict[str, str]]:
    path = source.folder / "category_sets.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def categories(source: Source, level: str) -> tuple[str, ...]:
    layouts = load_layouts(source.folder / "layout.csv")
    return categories_of(max((x for x in layouts if x.level == level), key=lambda x: x.first_year))


def row(number: int, level: str, table: str, columns: tuple[str, ...], total: str) -> dict[str, str]:
    codes = dict.fromkeys(columns, "MISSING")
    return record(number, level, table, **codes, TotalIndicator=total, Amount="1")


@pytest.mark.parametrize("source_id", WITH_SETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_of_every_set_are_recognised(source_id: str, tmp_path: Path, data: st.DataObject) -> None:
    source = submissions()[source_id]
    level = data.draw(st.sampled_from(levels(source_id, "submission")))
    extension = data.draw(st.sampled_from(["csv", "tab", "txt"]))
    known = listed(source)
    if known:
        picked = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=12))
        made = [
            (p["table_type"], tuple(p["columns"].split()), p["total_indicator"], p["category_set"])
            for p in picked
        ]
    else:
        names = categories(source, level)
        crossings = st.lists(st.sampled_from(names), unique=True) if names else st.just([])
        made = []
        for drawn in data.draw(st.lists(crossings, min_size=1, max_size=8)):
            columns = tuple(name for name in names if name in drawn)
            total = "Y" if len(columns) % 2 == 0 else "N"  # one indicator per crossing
            made.append(("INVENTED", columns, total, " x ".join(columns) or "TOT"))
    records = [row(n, level, t, columns, total) for n, (t, columns, total, _) in enumerate(made, 1)]
    table = read_records(source, "submission", level, records, tmp_path, extension)
    assert table["<category_set>"].to_pylist() == [name for _, _, _, name in made]
    assert {str(value) for value in table["<level>"].to_pylist()} == {level}
    assert refused_rows(table) == []


def has_indicator(source: Source) -> bool:
    return any(x.field("TotalIndicator") for x in load_layouts(source.folder / "layout.csv"))


WITH_INDICATOR = [n for n in WITH_SETS if listed(submissions()[n]) and has_indicator(submissions()[n])]


@pytest.mark.parametrize("source_id", WITH_INDICATOR)
def test_an_indicator_that_is_not_its_sets_is_refused(source_id: str, tmp_path: Path) -> None:
    source = submissions()[source_id]
    level = levels(source_id, "submission")[-1]
    sets = listed(source)
    wrong = {"Y": "N", "N": "Y"}
    records = [
        row(n, level, s["table_type"], tuple(s["columns"].split()), wrong[s["total_indicator"]])
        for n, s in enumerate(sets, 1)
    ]
    refused = refused_rows(read_records(source, "submission", level, records, tmp_path))
    assert {r.row for r in refused} == set(range(len(sets)))
    assert {r.column for r in refused} == {"TotalIndicator"}
    assert all("so the indicator must be" in r.reason for r in refused)


def test_without_a_list_the_row_that_differs_from_its_crossing_is_refused(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs195_chronic_absence"]
    pair = ("GenderID", "RaceEthnicityID")
    records = [row(n, "SCH", "CHRONABSENT", pair, "Y" if n == 3 else "N") for n in range(1, 6)]
    (refused,) = refused_rows(read_records(source, "submission", "SCH", records, tmp_path))
    assert refused.row == 2
    assert refused.reason == "rows of GenderID x RaceEthnicityID are details, so the indicator must be N"


def test_a_crossing_that_is_on_no_list_is_refused(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs037_title_i_participation"]
    records = [row(1, "LEA", "TITLEIPART", ("RaceEthnicityID", "MigrantStatusID"), "N")]
    (refused,) = refused_rows(read_records(source, "submission", "LEA", records, tmp_path))
    assert refused.reason == "no category set of TITLEIPART is by RaceEthnicityID x MigrantStatusID"


def membership(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    """Records of grade, race, sex and amount; those of all three are details."""
    made = []
    for number, (grade, race, sex, amount) in enumerate(rows, 1):
        codes = {"GradeLevelID": grade, "RaceEthnicityID": race, "GenderID": sex}
        total = "N" if all(codes.values()) else "Y"
        made.append(record(number, "SCH", "MEMBER", **codes, TotalIndicator=total, Amount=amount))
    return made


@pytest.mark.parametrize(("whole", "warned"), [("9", False), ("8", False), ("7", True)])
def test_a_total_below_the_sum_of_its_details_is_told(tmp_path: Path, whole: str, warned: bool) -> None:
    source = submissions()["edfacts_fs052_membership"]
    records = membership(
        ("KG", "AS7", "F", "5"), ("KG", "AS7", "M", "3"), ("KG", "", "", "8"), ("", "", "", whole)
    )
    told = reader_warnings(read_records(source, "submission", "SCH", records, tmp_path))
    if not warned:
        assert told == ()
        return
    assert told == (
        "1 total of TOT is below the sum of its details of CSA, first in line 5: "
        "7 where the details add up to 8",
    )


def test_totals_are_held_against_details_of_their_own_organization_and_category(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs052_membership"]
    records = membership(
        ("KG", "AS7", "F", "5"), ("01", "AS7", "F", "4"), ("KG", "", "", "5"), ("01", "", "", "3")
    )
    records += [{**r, "StateSchoolIDNumber": "00200"} for r in membership(("KG", "AS7", "F", "50"))]
    (told,) = reader_warnings(read_records(source, "submission", "SCH", records, tmp_path))
    assert told.startswith("1 total of ST4") and "line 5: 3 where the details add up to 4" in told


def test_hundredths_of_teachers_are_compared_exactly(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs203_teachers"]
    base = record(1, "SCH", "TEACHER", TotalIndicator="N")
    parts = [
        {**base, "InexperiencedStatusID": "TCHEXPRNCD", "Amount": "20.50"},
        {**base, "InexperiencedStatusID": "TCHINEXPRNCD", "Amount": "3.26"},
        {**base, "TotalIndicator": "Y", "Amount": "23.75"},
    ]
    (told,) = reader_warnings(read_records(source, "submission", "SCH", parts, tmp_path))
    assert "23.75 where the details add up to 23.76" in told


def test_rates_and_statuses_are_not_added_up(tmp_path: Path) -> None:
    source = submissions()["edfacts_fs150_graduation_rate"]
    base = record(1, "SCH", "ADJCOHORTRATE", TotalIndicator="N")
    records = [
        {**base, "RaceEthnicityID": "MA", "Amount": "90"},
        {**base, "RaceEthnicityID": "MB", "Amount": "80"},
        {**base, "TotalIndicator": "Y", "Amount": "85"},
    ]
    assert reader_warnings(read_records(source, "submission", "SCH", records, tmp_path)) == ()


def counts_by_set(source: Source) -> bool:
    """Whether rows of several sets count the same people, so that a mapping must choose among them."""
    return source.spec.tables.keys() == {"submission"} and any(
        line.column == "total_indicator" for line in source.columns.lines
    )


MAPPED = sorted(
    (name, table)
    for name, source in submissions().items()
    for table in source.core_mappings
    if counts_by_set(source) and table != "organizations"
)
# Crossings beyond those that Franklin submits; each counts the same students again.
TWO_GROUPS = "race = 'white', disability = 'children_with_disabilities'"
MORE = {
    "edfacts_fs151_graduation_cohorts": TWO_GROUPS,
    "edfacts_fs175_mathematics_achievement": TWO_GROUPS,
    "edfacts_fs178_rla_achievement": TWO_GROUPS,
    "edfacts_fs179_science_achievement": TWO_GROUPS,
    "edfacts_fs185_mathematics_participation": TWO_GROUPS,
    "edfacts_fs188_rla_participation": TWO_GROUPS,
    "edfacts_fs189_science_participation": TWO_GROUPS,
    "edfacts_fs195_chronic_absence": "race = 'white', sex = NULL",
}
LINEAGE = {"source_id", "snapshot_sha256", "source_line", "data_status"}


@pytest.mark.parametrize(("source_id", "core_table"), MAPPED)
def test_a_mapping_takes_each_figure_from_one_set(
    source_id: str, core_table: str, raw: duckdb.DuckDBPyConnection
) -> None:
    """A file without one of its sets gives the same figures or none, never smaller ones."""
    sql = submissions()[source_id].core_mappings[core_table].read_text(encoding="utf-8")
    name = f"raw.{source_id}__submission"
    if source_id in MORE:
        changes = dict(part.strip().split(" = ") for part in MORE[source_id].split(","))
        replaced = ", ".join(f"{value} AS {column}" for column, value in changes.items())
        raw.execute(
            f"INSERT INTO {name} SELECT * REPLACE ({replaced}, 'ANOTHER' AS category_set) FROM {name} "
            "WHERE total_indicator = 'N' AND level = 'SCHOOL'"
        )
    whole = figures(raw, sql)
    sets = [s for (s,) in raw.execute(f"SELECT DISTINCT category_set FROM {name}").fetchall()]
    assert len(whole) > 3 and len(sets) > 1
    raw.execute(f"CREATE TABLE kept AS SELECT * FROM {name}")
    for one in sets:
        raw.execute(f"DELETE FROM {name}")
        raw.execute(f"INSERT INTO {name} SELECT * FROM kept WHERE category_set <> ?", [one])
        smaller = [row for row in figures(raw, sql) - whole if not any(is_part(row, w) for w in whole)]
        assert smaller == [], f"figures are summed over {one} and another set"
    raw.execute("DROP TABLE kept")


def is_part(row: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    """Whether a row says what another says, or nothing."""
    return all(found is None or found == cell for found, cell in zip(row, whole, strict=True))


def figures(database: duckdb.DuckDBPyConnection, sql: str) -> set[tuple[object, ...]]:
    """What a mapping gives, without where it was read."""
    given = [str(row[0]) for row in database.execute(f"DESCRIBE {sql}").fetchall()]
    shown = ", ".join(column for column in given if column not in LINEAGE)
    return set(database.execute(f"SELECT {shown} FROM ({sql})").fetchall())
