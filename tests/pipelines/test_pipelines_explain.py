"""The account of a figure: exactly the rows behind it, their files, views, gaps and wording, on Franklin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from refreshed import Refreshed, franklin
from rich.console import Console

from pipelines import explanation
from pipelines.explain import explain
from pipelines.explained_figure import OPTIONS, Asked, command
from pipelines.explained_rows import rows_behind
from pipelines.known import require_organization
from pipelines.wrong_use import WrongUse
from warehouse.model.errors import SpmError
from warehouse.model.measure import DIMENSIONS, Gap, load_measures
from warehouse.read import Reader, Row, open_reader

YEAR = 2025
# Its source is a web system, which no test serves to this Franklin.
NOT_SERVED = "subawards_reported_on_time_rate"
COMPUTED_MEASURES = sorted(
    name for name, m in load_measures().items() if m.derived is None and name != NOT_SERVED
)
OF_FIGURES = sorted(name for name, measure in load_measures().items() if measure.is_of_figures)
GAPS = sorted(name for name, measure in load_measures().items() if measure.gap is not None)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """A refreshed Franklin, only read here."""
    return franklin(tmp_path_factory.mktemp("franklin"))


@pytest.fixture
def reader(state: Refreshed) -> Iterator[Reader]:
    """Its internal face."""
    with open_reader(state.home.warehouse_url) as opened:
        yield opened


def account_of(
    state: Refreshed, reader: Reader, measure: str, organization: str, **more: Any
) -> dict[str, Any]:
    return explain(reader, state.home, Asked(measure, organization, YEAR, **more))


def printed(account: dict[str, Any]) -> str:
    out = StringIO()
    explanation.show(Console(file=out, width=200, no_color=True), account)
    return out.getvalue()


def one_of_each(rows: list[Row]) -> list[Row]:
    """One figure of each basis, view and sort of slice: a total, and one told apart by every dimension."""
    chosen = {}
    for row in rows:
        parts = tuple(row[name] in ("all", "none", "annual") for name in (*DIMENSIONS, "period"))
        chosen[(row["basis"], row["organization_view"], row["organization_type"], parts)] = row
    return list(chosen.values())


@pytest.mark.parametrize("measure_id", COMPUTED_MEASURES)
def test_the_rows_behind_a_figure_are_as_many_as_it_was_made_from(
    state: Refreshed, reader: Reader, measure_id: str
) -> None:
    home = state.home
    measure = home.agency.measures[measure_id]
    figures = one_of_each(reader.measure_values(measure_id=measure_id, school_year=YEAR))
    assert figures
    for value in figures:
        core = rows_behind(home, measure, value, [])
        assert core is not None
        assert core["count"] == value["core_rows"], value
        assert core["count"] > 0 or (measure.kind in ("count", "amount") and value["value"] == 0)
        assert len(core["rows"]) == min(10, core["count"])


@pytest.mark.parametrize("measure_id", GAPS)
def test_a_gap_names_both_its_figures_and_the_commands_that_explain_them(
    state: Refreshed, reader: Reader, measure_id: str
) -> None:
    account = account_of(state, reader, measure_id, "FK", student_group="homeless")
    of_group, of_all = (side["value"] for side in account["sides"])
    gap = state.home.agency.measures[measure_id].gap
    assert gap is not None
    assert account["value"]["value"] == pytest.approx(_recounted(gap, of_group, of_all))
    assert account["core_rows"]["count"] == account["value"]["core_rows"] and not account["core_rows"]["rows"]
    text = printed(account)
    for group in ("homeless", "all"):
        assert f"spm explain {gap.of} --org FK --year {YEAR} --group {group}" in text


def _recounted(gap: Gap, of_group: Row, of_all: Row) -> float:
    """The gap from the two figures it names; those of the others are all less the group."""
    other = of_all["value"]
    if gap.reference == "others":
        numerator, denominator = (of_all[name] - of_group[name] for name in ("numerator", "denominator"))
        other = 100 * numerator / denominator
    difference = of_group["value"] - other
    return float(difference if gap.minus == "reference" else -difference)


@pytest.mark.parametrize("measure_id", OF_FIGURES)
def test_a_figure_of_figures_says_so_and_counts_the_files_behind_it(
    state: Refreshed, reader: Reader, measure_id: str
) -> None:
    value = reader.measure_values(measure_id=measure_id, organization_id="FK", school_year=YEAR)[0]
    strategy = None if value["strategy_id"] == "none" else value["strategy_id"]
    account = account_of(state, reader, measure_id, "FK", strategy_id=strategy)
    text = printed(account)
    assert "none of its own: it is computed from figures" in text
    assert "behind the figures it is made of" in text
    assert "from core.measures" not in text


def test_a_cost_names_its_outcome_in_both_years(state: Refreshed, reader: Reader) -> None:
    measure_id = next(
        n for n, m in state.home.agency.measures.items() if m.derived and m.derived.cost_per_outcome
    )
    costs = reader.measure_values(measure_id=measure_id, organization_id="FK", school_year=YEAR)
    assert costs
    for cost in costs:
        account = account_of(state, reader, measure_id, "FK", strategy_id=cost["strategy_id"])
        before, now = (side["value"] for side in account["sides"])
        assert (before["school_year"], now["school_year"]) == (YEAR - 1, YEAR)
        lower = reader.measure(now["measure_id"])["polarity"] == "lower"
        gained = (
            (before["value"] - now["value"] if lower else now["value"] - before["value"]) * now["n"] / 100
        )
        assert cost["denominator"] == pytest.approx(gained, abs=0.0051)
        assert f"spm explain {now['measure_id']} --org FK --year {YEAR - 1}" in printed(account)


def test_an_unknown_organization_is_refused_though_units_and_grantees_are_known(reader: Reader) -> None:
    kinds = {row["organization_type"] for row in reader.table("organization")}
    assert kinds > {"SEA", "LEA", "SCHOOL"}
    with pytest.raises(WrongUse, match="no such organization") as refused:
        require_organization(reader, "XX")
    assert refused.value.remedy.startswith("There are FK (Franklin), 88")


def test_a_finding_outside_the_condition_is_not_shown(state: Refreshed, reader: Reader) -> None:
    account = account_of(state, reader, "repeat_finding_rate", "FK")
    every = _rows_of(state, "audit_findings", "FK")
    shown = account["core_rows"]
    assert shown["count"] < every, "the audit must have findings on other programs, else nothing is tested"
    assert all(row["values"]["is_education_program"] is True for row in shown["rows"])
    assert sum(row["values"]["is_repeat_finding"] for row in shown["rows"]) <= account["value"]["numerator"]
    assert "is_education_program yes, is_repeat_finding no" in printed(account)


def _rows_of(state: Refreshed, table: str, organization: str) -> int:
    import duckdb

    file = state.lake_file("core", table, YEAR)
    with duckdb.connect(":memory:") as connection:
        row = connection.execute(
            "SELECT count(*) FROM read_parquet(?) WHERE organization_id = ?", [str(file), organization]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_row_names_its_own_file_where_a_source_has_several(state: Refreshed, reader: Reader) -> None:
    account = account_of(state, reader, "repeat_finding_rate", "FK")
    files = {row["address"] for row in account["core_rows"]["rows"]}
    assert len(files) == 1 and "audit-findings" in next(iter(files))
    behind = [row["address"] for row in account["snapshots"] if row["stands"] == "figure"]
    assert behind == sorted(files)
    others = sum(row["stands"] == "table" for row in account["snapshots"])
    assert others > 1 and f"and {others} more files were read for core.audit_findings" in printed(account)


def test_the_line_of_a_row_is_the_line_of_its_file(state: Refreshed, reader: Reader) -> None:
    account = account_of(state, reader, "total_expenditure_per_pupil", "8800010")
    row = account["core_rows"]["rows"][0]
    line = (state.data / row["address"]).read_text(encoding="utf-8").splitlines()[row["source_line"] - 1]
    assert "8800010" in line
    assert f"{row['address']} line {row['source_line']}: organization_id 8800010" in printed(account)


def test_a_figure_of_students_says_whose_records_and_which_files(state: Refreshed, reader: Reader) -> None:
    account = account_of(state, reader, "chronic_absence_rate", "880001000001")
    text = printed(account)
    assert (
        "computed from core.student_attendance (restricted): rows of school 880001000001 in the lake's "
        "restricted folder" in text
    )
    for table in ("attendance", "students", "schools"):
        assert f"sis_attendance.{table}: sis/{table}_{YEAR}.parquet" in text
    import pyarrow.parquet as pq

    students = (
        pq.read_table(state.lake_file("core", "student_attendance", YEAR)).column("student_id").to_pylist()
    )
    told = json.dumps(account, default=str)
    assert len(students) > 1000 and not [student for student in students if student in told]


def test_every_file_is_told_with_time_rows_quarantine_and_sum(state: Refreshed, reader: Reader) -> None:
    text = printed(account_of(state, reader, "child_poverty_rate", "FK"))
    assert "census_saipe.districts: saipe/ussd24.xlsx" in text
    assert "UTC, " in text and " rows, 0 quarantined, sha256 " in text


def test_the_agencys_view_is_explained_and_the_other_one_told(state: Refreshed, reader: Reader) -> None:
    account = account_of(state, reader, "chronic_absence_rate", "8800010")
    assert account["value"]["organization_view"] == state.home.agency.settings.default_lea_view
    (other,) = account["other_views"]
    assert other["organization_view"] == "reporting_lea"
    assert f"reporting_lea: {other['value']:.1f} %" in printed(account)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"view": "elsewhere"}, ["view 'elsewhere'", "authorizer, reporting_lea"]),
        ({"student_group": "homles"}, ["student group 'homles'", "homeless", "--group"]),
        ({"subject": "math"}, ["subject 'math'", "Leave out --subject"]),
    ],
)
def test_a_wrong_word_is_named_with_the_words_there_are(
    state: Refreshed, reader: Reader, more: dict[str, str], what: list[str]
) -> None:
    with pytest.raises(SpmError) as refused:
        account_of(state, reader, "chronic_absence_rate", "8800010", **more)
    assert all(part in str(refused.value) for part in what)


def test_an_only_subject_needs_no_word_but_one_of_several_groups_does(
    state: Refreshed, reader: Reader
) -> None:
    assert account_of(state, reader, "ela_proficiency_rate", "FK")["value"]["subject"] == "ela"
    with pytest.raises(SpmError, match="Choose one with --group"):
        account_of(state, reader, "chronic_absence_gap", "FK")


def test_the_command_of_a_figure_explains_that_figure(state: Refreshed, reader: Reader) -> None:
    for value in one_of_each(reader.measure_values(measure_id="ela_proficiency_rate", school_year=YEAR)):
        words = command(value).split()
        options = dict(zip(words[3::2], words[4::2], strict=True))
        names = {column: options.get(option) for column, option in OPTIONS.items()}
        names["view"] = names.pop("organization_view")
        asked = Asked(words[2], options["--org"], int(options["--year"]), **names)
        found = explain(reader, None, asked)["value"]
        assert all(found[name] == value[name] for name in (*DIMENSIONS, "organization_view"))
