"""Core tables: the union by name of what is switched on, in order of their inputs, once per version."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from small_state import AGENCY, DATA, ELM, LEA, OAK, SOURCES, STATE, littleland, with_settings, write_data

import assets.core_table
from assets.core import build_core, core_version
from assets.core_inputs import show_inputs
from assets.core_table import CORE_SQL, core_node, core_tables
from assets.engine import TableName, connect, tables_read
from assets.home import Home
from assets.measures import build_measures, measures_version
from assets.raw import refresh_raw
from warehouse.model.errors import SpmError

ABSENCE = SOURCES["little_absence"]["core/chronic_absence.sql"]
NOBODY_KNOWN = {"agency.yml": AGENCY["agency.yml"].replace("as_of: 2024-12-31\n", "")}


def read_sources(home: Home, year: int = 2023) -> Home:
    for source in home.sources:
        refresh_raw(home, source, year)
    return home


def build(home: Home, name: str, year: int = 2023) -> list[dict[str, Any]]:
    """The rows of a core table, which is accepted without being checked."""
    version, rows = build_core(home, core_tables(home)[name], year)
    home.lake.accept(core_node(name), year, version, rows)
    found = pq.read_table(home.lake.file(core_node(name), year, version)).to_pylist()
    assert len(found) == rows
    return found


def built(home: Home) -> Home:
    read_sources(home)
    for name in core_tables(home):
        build(home, name)
    return home


def version(home: Home, name: str = "chronic_absence", year: int = 2023) -> str:
    return core_version(home, core_tables(home)[name], year)


def test_a_core_table_holds_what_its_mapping_gives_with_lineage(tmp_path: Path) -> None:
    home = read_sources(littleland(tmp_path))
    build(home, "organizations")
    rows = build(home, "chronic_absence")
    assert [(r["organization_id"], r["chronically_absent_students"]) for r in rows] == [(OAK, 20), (ELM, 40)]
    assert [r["source_line"] for r in rows] == [2, 3]
    assert {r["source_id"] for r in rows} == {"little_absence"}
    assert rows[0]["rate_percent"] is None  # nullable, and left out by the mapping


def test_the_state_is_an_organization_that_no_source_has_to_name(tmp_path: Path) -> None:
    rows = build(read_sources(littleland(tmp_path)), "organizations")
    assert {r["organization_id"]: r["organization_type"] for r in rows} == {
        STATE: "SEA", LEA: "LEA", OAK: "SCHOOL", ELM: "SCHOOL",
    }  # fmt: skip


def second_source(mapping: str) -> dict[str, dict[str, str]]:
    """A second source of absence, with its own mapping; it gives the same file's rows."""
    files = {k: v.replace("little_absence", "more_absence") for k, v in SOURCES["little_absence"].items()}
    return {"more_absence": {**files, "core/chronic_absence.sql": mapping}}


def switched_on(source: str, file: str) -> dict[str, str]:
    line = f"  {source}:\n    releases:\n      - {{school_years: [2023], files: [{file}]}}\n"
    return {"sources.yml": AGENCY["sources.yml"] + line}


def test_mappings_are_united_by_name_whatever_their_order_of_columns(tmp_path: Path) -> None:
    mapping = (
        "SELECT 'all' AS grade, 7.5 AS rate_percent, x.data_status, x.student_group, x.school_year,\n"
        "  false AS is_additive, x.school_id AS organization_id, x.source_id\n"
        "FROM raw.more_absence__rows AS x\n"
    )
    file = f"School,Group,Eligible,Absent\n{OAK},Female,50,5\n"
    home = littleland(
        tmp_path,
        sources=second_source(mapping),
        agency=switched_on("more_absence", "more.csv"),
        data={"more.csv": file},
    )
    read_sources(home)
    build(home, "organizations")
    rows = build(home, "chronic_absence")
    assert [(r["organization_id"], r["student_group"], r["source_id"]) for r in rows] == [
        (OAK, "all", "little_absence"), (OAK, "female", "more_absence"), (ELM, "all", "little_absence"),
    ]  # fmt: skip
    assert float(rows[1]["rate_percent"]) == 7.5
    assert rows[1]["eligible_students"] is None


def test_a_source_that_is_not_switched_on_feeds_nothing(tmp_path: Path) -> None:
    home = littleland(tmp_path, sources=second_source(ABSENCE.replace("little", "more")))
    assert core_tables(home)["chronic_absence"].sources == ("little_absence",)


def test_the_better_ranked_of_two_rows_for_one_key_stands(tmp_path: Path) -> None:
    mapping = ABSENCE.replace("little_absence", "more_absence").replace("SELECT ", "SELECT 2 AS precedence, ")
    home = littleland(
        tmp_path,
        sources=second_source(mapping),
        agency=switched_on("more_absence", "more.csv"),
        data={"more.csv": f"School,Group,Eligible,Absent\n{OAK},All,100,99\n"},
    )
    read_sources(home)
    build(home, "organizations")
    rows = build(home, "chronic_absence")
    assert [(r["organization_id"], r["chronically_absent_students"]) for r in rows] == [(OAK, 20), (ELM, 40)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("x.eligible AS", "x.eligable AS", "eligable"),
        (
            "eligible AS eligible_students",
            "eligible AS eligable_students",
            "Did you mean 'eligible_students'",
        ),
        ("x.absent AS", "x.absent + DATE '2024-01-01' - 'x' AS", "chronic_absence"),
        ("FROM raw", "FORM raw", "Not valid SQL"),
        ("raw.little_absence__rows", "row.little_absence__rows", "none of the schemas"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_clear_error_that_names_it(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in ABSENCE
    home = littleland(
        tmp_path, sources={"little_absence": {"core/chronic_absence.sql": ABSENCE.replace(old, new)}}
    )
    read_sources(home)
    with pytest.raises(SpmError, match="chronic_absence") as caught:
        build(home, "organizations")
        build(home, "chronic_absence")
    assert words in str(caught.value)
    assert "chronic_absence.sql" in (caught.value.file or caught.value.remedy)


def test_a_mapping_whose_values_do_not_cast_fails_and_leaves_no_file(tmp_path: Path) -> None:
    mapping = ABSENCE.replace("x.eligible AS", "'many' AS")
    home = littleland(tmp_path, sources={"little_absence": {"core/chronic_absence.sql": mapping}})
    read_sources(home)
    build(home, "organizations")
    with pytest.raises(SpmError, match=r"Computing core\.chronic_absence failed"):
        build(home, "chronic_absence")
    state = home.lake.state(core_node("chronic_absence"), 2023)
    assert state is not None
    assert (state.outcome, state.accepted) == ("failed", None)
    assert list(home.lake.folder(core_node("chronic_absence"), 2023).glob("*.parquet*")) == []


def test_a_table_that_nothing_feeds_is_not_computed_but_may_be_read(tmp_path: Path) -> None:
    tables = core_tables(littleland(tmp_path))
    assert tables.keys() >= {"organizations", "chronic_absence"}
    assert not tables.keys() & {"student_attendance", "poverty", "lea_finance"}
    # assets/core/chronic_absence.sql reads it; it is shown without rows.
    assert TableName("core", "student_attendance") in tables["chronic_absence"].reads
    assert "student_attendance" not in tables["chronic_absence"].core_inputs


def test_tables_come_after_what_they_read(tmp_path: Path) -> None:
    home = littleland(tmp_path)
    names = list(core_tables(home))
    for name, table in core_tables(home).items():
        assert all(names.index(i) < names.index(name) for i in table.core_inputs)
    assert core_tables(home)["chronic_absence"].core_inputs == ("organizations",)


@pytest.fixture
def own_core_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of assets/core that a test may change."""
    folder = tmp_path / "core_sql"
    shutil.copytree(CORE_SQL, folder)
    monkeypatch.setattr(assets.core_table, "CORE_SQL", folder)
    return folder


def test_tables_that_read_each_other_in_a_circle_are_refused(tmp_path: Path, own_core_sql: Path) -> None:
    (own_core_sql / "organizations.sql").write_text(
        "SELECT o.* FROM mapped.organizations AS o JOIN core.poverty AS p USING (organization_id)",
        encoding="utf-8",
    )
    with pytest.raises(SpmError, match="in a circle") as caught:
        core_tables(littleland(tmp_path))
    assert "organizations, poverty" in str(caught.value)


def test_a_table_that_has_no_contract_cannot_be_read(tmp_path: Path, own_core_sql: Path) -> None:
    (own_core_sql / "poverty.sql").write_text("SELECT * FROM core.wealth", encoding="utf-8")
    with pytest.raises(SpmError, match=r"reads core\.wealth, which has no contract") as caught:
        core_tables(littleland(tmp_path))
    assert "poverty.sql" in (caught.value.file or "")


def test_what_has_not_changed_is_not_computed_again(tmp_path: Path) -> None:
    home = built(littleland(tmp_path))
    file = home.lake.file(core_node("chronic_absence"), 2023, version(home))
    before = file.stat().st_mtime_ns
    build(home, "chronic_absence")
    assert file.stat().st_mtime_ns == before


def test_a_version_is_the_same_whoever_asks_and_whenever(tmp_path: Path) -> None:
    home = built(littleland(tmp_path, agency=NOBODY_KNOWN))
    for name in core_tables(home):
        later = replace(home, today=date(2031, 5, 5))
        assert version(later, name) == version(home, name)
    table = core_tables(home)["chronic_absence"].contract.table
    assert measures_version(replace(home, today=date(2031, 5, 5)), table, 2023) == measures_version(
        home, table, 2023
    )


def test_a_table_whose_sql_asks_for_the_day_has_a_version_of_that_day(tmp_path: Path) -> None:
    dated = (
        ABSENCE.replace("FROM raw", "FROM agency.settings AS a, raw") + "WHERE a.as_of > DATE '2020-01-01'\n"
    )
    home = built(
        littleland(
            tmp_path,
            sources={"little_absence": {"core/chronic_absence.sql": dated}},
            agency=NOBODY_KNOWN,
        )
    )
    later = replace(home, today=date(2031, 5, 5))
    assert version(later) != version(home)
    assert version(later, "organizations") == version(home, "organizations")


def test_a_version_changes_with_the_tables_sql(tmp_path: Path, own_core_sql: Path) -> None:
    home = built(littleland(tmp_path))
    before = version(home), version(home, "organizations")
    with (own_core_sql / "chronic_absence.sql").open("a", encoding="utf-8") as handle:
        handle.write("-- changed\n")
    assert version(home) != before[0]
    assert version(home, "organizations") == before[1]


def test_a_version_changes_with_a_mapping(tmp_path: Path) -> None:
    home = built(littleland(tmp_path))
    before = version(home)
    with core_tables(home)["chronic_absence"].mappings[0].open("a", encoding="utf-8") as handle:
        handle.write("-- changed\n")
    assert version(home) != before


def test_a_version_changes_with_a_crosswalk_that_is_read_and_with_no_other(tmp_path: Path) -> None:
    mapping = ABSENCE.replace("FROM raw", "FROM crosswalk.schools AS c, raw")
    home = littleland(
        tmp_path,
        sources={"little_absence": {"core/chronic_absence.sql": mapping}},
        agency={"crosswalks/schools.csv": "a,b\n1,2\n", "crosswalks/other.csv": "a,b\n1,2\n"},
    )
    built(home)
    before = version(home)
    home.agency.crosswalks["other"].write_text("a,b\n1,3\n", encoding="utf-8")
    assert version(home) == before
    home.agency.crosswalks["schools"].write_text("a,b\n1,3\n", encoding="utf-8")
    assert version(home) != before


def test_a_crosswalk_that_is_not_there_is_named(tmp_path: Path) -> None:
    mapping = ABSENCE.replace("FROM raw", "FROM crosswalk.schools AS c, raw")
    home = littleland(tmp_path, sources={"little_absence": {"core/chronic_absence.sql": mapping}})
    with pytest.raises(SpmError, match="no crosswalk 'schools'") as caught:
        built(home)
    assert (caught.value.file or "").endswith("crosswalks/schools.csv")


@pytest.mark.parametrize("changed", [{"state_name": "Bigland"}, {"state_ansi_code": "98"}])
def test_a_version_changes_with_the_settings(tmp_path: Path, changed: dict[str, Any]) -> None:
    home = built(littleland(tmp_path))
    assert version(with_settings(home, **changed)) != version(home)


def test_the_version_of_measures_changes_with_the_level_of_confidence(tmp_path: Path) -> None:
    home = built(littleland(tmp_path))
    level = home.agency.settings.thresholds.model_copy(update={"confidence_percent": 99})
    other = with_settings(home, thresholds=level)
    assert measures_version(other, "chronic_absence", 2023) != measures_version(home, "chronic_absence", 2023)
    intervals = []
    for one in (home, other):
        found, _ = build_measures(one, "chronic_absence", 2023)
        file = one.lake.root / "measures" / "chronic_absence" / "school_year=2023" / f"{found}.parquet"
        intervals.append(pq.read_table(file)["interval_low"].to_pylist())
    assert all(narrow > wide for narrow, wide in zip(*intervals, strict=True))


def test_a_version_changes_with_its_inputs_of_that_year_only(tmp_path: Path) -> None:
    home = read_sources(built(littleland(tmp_path)), 2024)
    build(home, "organizations", 2024)
    before = version(home), version(home, year=2024)
    write_data(home, "absence_2023.csv", DATA["absence_2023.csv"].replace(",100,20", ",100,21"))
    refresh_raw(home, "little_absence", 2023)
    assert version(home) != before[0]
    assert version(home, year=2024) == before[1]


def test_a_year_that_is_no_longer_declared_gives_no_rows(tmp_path: Path) -> None:
    built(littleland(tmp_path))
    agency = {**AGENCY, "sources.yml": AGENCY["sources.yml"].replace(
        "      - {school_years: [2023], files: [absence_2023.csv]}\n", ""
    )}  # fmt: skip
    assert build(littleland(tmp_path, agency=agency), "chronic_absence") == []


def test_measures_need_accepted_tables(tmp_path: Path) -> None:
    home = read_sources(littleland(tmp_path))
    build(home, "organizations")
    with pytest.raises(SpmError, match=r"core\.chronic_absence has no accepted version for 2023"):
        build_measures(home, "chronic_absence", 2023)


def test_the_tables_a_query_reads_are_those_with_a_schema() -> None:
    sql = "WITH x AS (SELECT * FROM core.a) SELECT * FROM x JOIN raw.s__t USING (k), agency.settings"
    assert [str(name) for name in tables_read(sql)] == ["agency.settings", "core.a", "raw.s__t"]


def test_a_year_in_a_folders_name_is_not_taken_for_a_column(tmp_path: Path) -> None:
    home = read_sources(littleland(tmp_path))
    table = core_tables(home)["chronic_absence"]
    with connect(tmp_path / "spill") as connection:
        show_inputs(connection, home, table, 2023)
        sql = (
            "SELECT x.school_year, min(a.state_name), typeof(min(x.school_year)) "
            "FROM raw.little_absence__rows AS x, agency.settings AS a GROUP BY x.school_year"
        )
        assert connection.execute(sql).fetchall() == [(2023, "Littleland", "SMALLINT")]


def reading_two(tmp_path: Path, **years: int) -> Home:
    """A mapping that joins another source's rows to its own, with the year each is declared for."""
    mapping = ABSENCE.rstrip() + " JOIN raw.more_absence__rows AS m USING (school_id, student_group)\n"
    more = second_source(mapping)
    del more["more_absence"]["core/chronic_absence.sql"]
    more["little_absence"] = {"core/chronic_absence.sql": mapping.replace("x.school_id", "school_id")}
    listed = AGENCY["sources.yml"].partition("  little_absence:")[0]
    for source, year in years.items():
        listed += f"  {source}:\n    releases:\n"
        listed += f"      - {{school_years: [{year}], files: [absence_{year}.csv]}}\n"
    home = read_sources(littleland(tmp_path, sources=more, agency={"sources.yml": listed}))
    build(home, "organizations")
    return home


def test_a_mapping_that_reads_another_source_too_needs_it_once_its_own_rows_are_there(tmp_path: Path) -> None:
    home = reading_two(tmp_path, little_absence=2023, more_absence=2024)
    with pytest.raises(SpmError, match=r"needs raw\.more_absence__rows") as caught:
        build(home, "chronic_absence")
    assert "sources.yml" in caught.value.remedy


def test_a_mapping_whose_own_source_has_no_rows_gives_none(tmp_path: Path) -> None:
    assert build(reading_two(tmp_path, little_absence=2024, more_absence=2023), "chronic_absence") == []


def test_a_restricted_core_table_is_written_into_a_file_that_was_private_before_its_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = built(littleland(tmp_path))
    table = core_tables(home)["chronic_absence"]
    restricted = replace(table, contract=table.contract.model_copy(update={"privacy": "restricted"}))
    chmod = Path.chmod
    # A file that is closed only once it is written was open to others meanwhile.
    monkeypatch.setattr(Path, "chmod", lambda path, mode: chmod(path, mode) if path.is_dir() else None)
    shutil.rmtree(home.lake.folder(core_node("chronic_absence"), 2023))
    version, _ = build_core(home, restricted, 2023)
    written = home.lake.file(core_node("chronic_absence"), 2023, version)
    assert written.stat().st_mode & 0o777 == 0o600
