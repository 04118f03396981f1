"""Core tables that read other years: what they are shown, when they are computed anew, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_state import AGENCY, ELM, OAK, littleland, refresh, refresh_year, with_settings, write_data
from verdicts import Verdicts

import assets.core_table
from assets.core_table import CORE_SQL, core_node, core_tables
from assets.dagster_deps import core_deps, key_of, years_by_year_read
from assets.evidence import rows_behind, snapshots_behind
from assets.health import core_health, unsound_years
from assets.home import Home
from assets.lake import Node
from assets.lineage import stake_of
from warehouse.model.errors import SpmError

ABSENCE = "chronic_absence"
# Absent students so far: this year's, and what this very table held the year before.
RUNNING = """\
SELECT m.* REPLACE (m.chronically_absent_students + coalesce(p.chronically_absent_students, 0)
    AS chronically_absent_students)
FROM mapped.chronic_absence AS m
LEFT JOIN previous_year.chronic_absence AS p USING (organization_id, student_group, grade)
"""
# Rows, and the latest of the years read, so far.
TO_DATE = """\
SELECT organization_id, a.school_year, count(*) AS population_total, max(c.school_year) AS population_5_17,
    sum(chronically_absent_students) AS children_5_17_in_poverty, true AS is_additive, 'core' AS source_id,
    'final' AS data_status, CAST(NULL AS VARCHAR) AS snapshot_sha256, CAST(NULL AS BIGINT) AS source_line
FROM to_date.chronic_absence AS c, agency.settings AS a GROUP BY organization_id, a.school_year
"""
PREVIOUS = TO_DATE.replace("to_date.", "previous_year.")


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of assets/core that a test may change."""
    folder = tmp_path / "core_sql"
    shutil.copytree(CORE_SQL, folder)
    monkeypatch.setattr(assets.core_table, "CORE_SQL", folder)
    return folder


def put(folder: Path, **tables: str) -> None:
    for name, text in tables.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")


def rows(home: Home, name: str, year: int, column: str) -> dict[str, int]:
    state = home.lake.state(core_node(name), year)
    assert state is not None
    assert state.accepted is not None
    table = pq.read_table(home.lake.file(core_node(name), year, state.accepted))
    return dict(zip(*(table[c].to_pylist() for c in ("organization_id", column)), strict=True))


def absent(home: Home, year: int) -> dict[str, int]:
    return rows(home, ABSENCE, year, "chronically_absent_students")


def test_a_table_reads_its_own_previous_year_and_nothing_in_the_first(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, chronic_absence=RUNNING)
    home = littleland(tmp_path)
    refresh(home)
    assert absent(home, 2023) == {OAK: 20, ELM: 40}
    assert absent(home, 2024) == {OAK: 30, ELM: 78}
    assert core_health(home, ABSENCE, 2024).is_good
    assert unsound_years(home, core_node(ABSENCE), 2024) == []


def test_a_restated_year_makes_the_next_one_stale_until_it_is_computed_again(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, chronic_absence=RUNNING)
    home = littleland(tmp_path)
    refresh(home)
    write_data(home, "absence_2023.csv", f"School,Group,Eligible,Absent\n{OAK},All,100,5\n{ELM},All,200,6\n")
    refresh_year(home, 2024)  # alone, it uses what is accepted
    assert absent(home, 2024) == {OAK: 30, ELM: 78}
    refresh_year(home, 2023)
    assert "was not computed since" in (core_health(home, ABSENCE, 2024).reason or "")
    refresh_year(home, 2024)
    assert absent(home, 2024) == {OAK: 15, ELM: 44}
    assert core_health(home, ABSENCE, 2024).is_good


def test_a_year_alone_in_a_new_home_has_no_year_before_it_and_says_so(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, chronic_absence=RUNNING)
    home = littleland(tmp_path)
    refresh_year(home, 2024)
    assert absent(home, 2024) == {OAK: 10, ELM: 38}
    assert unsound_years(home, core_node(ABSENCE), 2024) == [
        "was computed without core.chronic_absence of 2023, which was never accepted"
    ]


def test_a_failed_year_is_told_in_the_next_and_does_not_stop_it(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, chronic_absence=RUNNING)
    home = littleland(tmp_path)
    refresh(home)
    write_data(home, "absence_2023.csv", f"School,Group,Eligible,Absent\n{OAK},All,100,5\n")
    verdicts.failing.add(("core.chronic_absence", 2023))
    refresh(home)
    assert not core_health(home, ABSENCE, 2023).is_good
    assert core_health(home, ABSENCE, 2024).is_good
    assert absent(home, 2024) == {OAK: 30, ELM: 78}
    (told,) = unsound_years(home, core_node(ABSENCE), 2024)
    assert told.startswith("rests on core.chronic_absence of 2023 as last accepted; since then: ")
    from pipelines.findings import EARLIER_YEAR, observe

    (finding,) = [f for seen in observe(home, [2024]) for f in seen.findings]
    assert (finding.claim, finding.stops, finding.school_year) == (EARLIER_YEAR, False, 2024)


def test_to_date_is_every_declared_year_up_to_this_one(tmp_path: Path, sql: Path, verdicts: Verdicts) -> None:
    put(sql, poverty=TO_DATE)
    home = littleland(tmp_path)
    refresh(home)
    assert rows(home, "poverty", 2023, "population_total") == {OAK: 1, ELM: 1}
    assert rows(home, "poverty", 2024, "population_total") == {OAK: 2, ELM: 2}
    assert rows(home, "poverty", 2024, "children_5_17_in_poverty") == {OAK: 30, ELM: 78}
    names = list(core_tables(home))
    assert names.index("poverty") > names.index(ABSENCE)
    assert rows_behind(home, "poverty", 2024) == {
        ("poverty", 2024), (ABSENCE, 2024), (ABSENCE, 2023), ("organizations", 2024), ("organizations", 2023),
    }  # fmt: skip
    both = {s for y in (2023, 2024) for s in snapshots_behind(home, ABSENCE, y)}
    assert set(snapshots_behind(home, "poverty", 2024)) == both
    assert set(snapshots_behind(home, "poverty", 2023)) < both


def test_a_gap_in_the_declared_years_is_no_previous_year(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, poverty=PREVIOUS)
    home = with_settings(littleland(tmp_path), school_years=(2022, 2024))
    refresh_year(home, 2024)
    assert rows(home, "poverty", 2024, "population_total") == {}
    assert unsound_years(home, core_node("poverty"), 2024) == []


def test_what_rests_on_an_earlier_year_is_at_stake(tmp_path: Path, sql: Path) -> None:
    put(sql, poverty=PREVIOUS)
    home = littleland(tmp_path)
    assert "child_poverty_rate" in stake_of(home, Node("raw", "little_absence")).measures
    assert "child_poverty_rate" in stake_of(home, core_node(ABSENCE)).measures
    assert core_tables(home)["poverty"].core_inputs == ("organizations",)


def test_two_tables_may_read_each_others_previous_year(tmp_path: Path, sql: Path, verdicts: Verdicts) -> None:
    put(sql, poverty=TO_DATE.replace("to_date", "core"), chronic_absence=RUNNING.replace(
        "FROM mapped", "FROM previous_year.poverty AS q RIGHT JOIN mapped").replace(
        "LEFT JOIN", "USING (organization_id) LEFT JOIN").replace(
        "m.chronically_absent_students +", "m.chronically_absent_students + coalesce(q.population_total, 0) +"
    ))  # fmt: skip
    home = littleland(tmp_path)
    refresh(home)
    assert absent(home, 2024) == {OAK: 31, ELM: 79}
    graph = dg.Definitions(
        assets=[
            dg.AssetSpec(key_of(core_node(name)), deps=core_deps(home, table))
            for name, table in core_tables(home).items()
        ]
    )
    graph.resolve_asset_graph()  # Dagster refuses circles


def test_a_circle_within_one_year_is_refused(tmp_path: Path, sql: Path) -> None:
    put(sql, poverty=TO_DATE.replace("to_date.chronic_absence", "to_date.poverty").replace(
        "chronically_absent_students", "population_total"))  # fmt: skip
    with pytest.raises(SpmError, match="in a circle"):
        core_tables(littleland(tmp_path))


def test_a_table_without_contract_cannot_be_read_of_another_year(tmp_path: Path, sql: Path) -> None:
    put(sql, poverty="SELECT * FROM previous_year.wealth")
    with pytest.raises(SpmError, match=r"reads core\.wealth, which has no contract"):
        core_tables(littleland(tmp_path))


def test_a_year_computed_under_an_older_contract_is_not_read_as_null(
    tmp_path: Path, sql: Path, verdicts: Verdicts
) -> None:
    put(sql, poverty=PREVIOUS)
    home = littleland(tmp_path)
    refresh(home)
    state = home.lake.state(core_node(ABSENCE), 2023)
    assert state is not None
    assert state.accepted is not None
    file = home.lake.file(core_node(ABSENCE), 2023, state.accepted)
    pq.write_table(pq.read_table(file).drop_columns(["rate_percent"]), file.with_name("older.parquet"))
    home.lake.accept(core_node(ABSENCE), 2023, "older", 2)
    with pytest.raises(
        SpmError, match=r"of 2023 was computed before its contract had rate_percent"
    ) as caught:
        refresh_year(home, 2024)
    assert "Refresh 2023 too" in caught.value.remedy


def test_a_table_that_reads_students_of_another_year_is_near_students(tmp_path: Path, sql: Path) -> None:
    put(sql, poverty="SELECT * FROM previous_year.student_attendance", chronic_absence=RUNNING)
    contracts = littleland(tmp_path).contracts
    assert contracts["student_attendance"].is_restricted
    private = littleland(
        tmp_path / "private",
        sources={"little_absence": {"source.yml": _restricted()}},
    )
    put(sql, poverty=PREVIOUS)
    assert core_tables(private)["poverty"].is_near_students
    assert not core_tables(littleland(tmp_path / "open"))["poverty"].is_near_students


def _restricted() -> str:
    from small_state import SOURCES

    return SOURCES["little_absence"]["source.yml"].replace("privacy: public", "privacy: restricted")


def test_dagster_is_told_which_year_rests_on_which(tmp_path: Path, sql: Path) -> None:
    put(sql, poverty=PREVIOUS, chronic_absence=RUNNING)
    agency = {"agency.yml": AGENCY["agency.yml"].replace("[2023, 2024]", "[2021, 2023, 2024]")}
    home = littleland(tmp_path, agency=agency)
    assert years_by_year_read(home, ["previous_year"]) == {"2023": {"2024"}}
    assert years_by_year_read(home, ["to_date"]) == {
        "2021": {"2021", "2023", "2024"}, "2023": {"2023", "2024"}, "2024": {"2024"},
    }  # fmt: skip
    assert years_by_year_read(home, ["core", "previous_year"])["2023"] == {"2023", "2024"}
    deps = {d.asset_key: d.partition_mapping for d in core_deps(home, core_tables(home)["poverty"])}
    assert deps[key_of(core_node("organizations"))] is None
    mapping = deps[key_of(core_node(ABSENCE))]
    assert isinstance(mapping, dg.StaticPartitionMapping)
    assert mapping.downstream_partition_keys_by_upstream_partition_key == {"2023": {"2024"}}
    own = core_deps(home, core_tables(home)[ABSENCE])
    assert key_of(core_node(ABSENCE)) not in [d.asset_key for d in own]


def test_the_arrow_types_of_a_year_without_rows_are_the_contracts(tmp_path: Path, sql: Path) -> None:
    from assets.core_inputs import show_inputs
    from assets.engine import connect

    put(sql, poverty=PREVIOUS)
    home = littleland(tmp_path)
    table = core_tables(home)["poverty"]
    with connect(tmp_path / "t") as connection:
        show_inputs(connection, home, table, 2023)
        schema = connection.execute("SELECT * FROM previous_year.chronic_absence").to_arrow_table().schema
    wanted = home.contracts[ABSENCE].arrow_schema()
    assert [(f.name, f.type) for f in schema] == [(f.name, f.type) for f in wanted]
    assert pa.int64() in {f.type for f in schema}
