"""Each claim catches the defect it is meant for, through Great Expectations, and no other."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from invented_tables import (
    ABSENCE,
    ATTENDANCE,
    CONTRACTS,
    GOOD_ROWS,
    ORGANIZATIONS,
    failed,
    planted,
    write_rows,
)
from raw_tables import write_raw_tables

from checks.message import describe
from checks.result import CheckResult
from checks.run import all_claims, project_contracts
from checks.suites import load_suites
from warehouse.model.errors import SpmError

Check = Callable[..., dict[str, CheckResult]]


def test_good_rows_fail_no_claim(check: Check) -> None:
    results = check()
    assert failed(results) == set()
    assert {r.checked_rows for r in results.values()} == {3}
    assert "absent_is_present" not in results  # nullable


@pytest.mark.parametrize(
    ("rows", "claim", "failing_rows", "key"),
    [
        (planted(1, student_group="all"), "key_is_unique", 2, "student_group=all"),
        (planted(0, eligible=None), "eligible_is_present", 1, "organization_id=0600001"),
        (planted(0, student_group="femal"), "student_group_is_a_known_code", 1, "student_group=femal"),
        (planted(0, rate="100.0001"), "rate_is_within_bounds", 1, "organization_id=0600001"),
        (planted(0, absent=-1), "absent_is_within_bounds", 1, "organization_id=0600001"),
        (planted(0, tags=["a", "c"]), "tags_is_a_known_code", 1, "organization_id=0600001"),
        (planted(0, absent=101), "absent_do_not_exceed_eligible", 1, "organization_id=0600001"),
        (planted(0, absent=0), "someone_is_absent", 1, "organization_id=0600001"),
        (GOOD_ROWS[:1], "row_count_is_within_bounds", 0, None),
    ],
)
def test_a_planted_defect_is_caught_by_its_claim_and_no_other(
    check: Check, rows: list[dict[str, Any]], claim: str, failing_rows: int, key: str | None
) -> None:
    results = check(rows)
    assert failed(results) == {claim}
    result = results[claim]
    assert (result.kind, result.failing_rows) == ("data", failing_rows)
    assert result.stops == (result.severity == "error")
    assert any(key in shown for shown in result.failing_keys) if key else result.failing_keys == ()


def test_an_ill_formed_id_is_caught_though_its_pattern_has_braces_and_a_colon(check: Check) -> None:
    results = check(planted(0, organization_id="60001"))
    assert failed(results) == {
        "organization_id_is_well_formed",
        "organization_id_school_year_resolve_in_organizations",
    }


def test_a_reference_that_resolves_nowhere_names_its_keys(check: Check) -> None:
    result = check(planted(2, organization_id="NV"))["organization_id_school_year_resolve_in_organizations"]
    assert result.failing_keys == ("organization_id=NV, school_year=2021, student_group=all",)


def test_a_missing_or_retyped_column_is_named(check: Check, tmp_path: Path) -> None:
    import pyarrow as pa

    good = write_rows(tmp_path / "good.parquet", ABSENCE, GOOD_ROWS)
    table = pq.read_table(good)
    table = table.drop_columns(["rate"]).set_column(
        table.schema.get_field_index("eligible"), "eligible", pa.array(["100", "50", "100"])
    )
    pq.write_table(table, tmp_path / "bad.parquet")
    organizations = write_rows(tmp_path / "o.parquet", ORGANIZATIONS, [])
    results = check(views={"core.absence": [tmp_path / "bad.parquet"], "core.organizations": [organizations]})
    assert results["columns_are_as_declared"].failing_keys == ("column_name=eligible", "column_name=rate")
    assert results["rate_is_within_bounds"].kind == "crash"


def test_all_failing_rows_go_to_a_file_that_only_we_can_read(check: Check) -> None:
    rows = [{**GOOD_ROWS[0], "organization_id": f"06{i:05d}", "absent": 500} for i in range(9)]
    previous = os.umask(0)  # the worst a machine could have
    try:
        result = check(rows)["absent_do_not_exceed_eligible"]
    finally:
        os.umask(previous)
    file = Path(str(result.failing_rows_file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert pq.read_table(file).num_rows == result.failing_rows == 9
    assert len(result.failing_keys) == 5
    assert [p.name for p in file.parent.iterdir() if p.suffix == ".tmp"] == []
    assert "absent=" not in " ".join(result.failing_keys)  # a key names a row, it does not quote it


def test_a_year_without_input_passes_and_its_row_count_is_not_judged(check: Check) -> None:
    results = check([])
    assert failed(results) == set()
    assert results["row_count_is_within_bounds"].checked_rows == 0
    assert results["row_count_is_within_bounds"].detail == "there are no rows to judge"


def test_a_restricted_table_shows_counts_and_no_key(check: Check) -> None:
    rows = [{"student_id": "9183746520", "school_year": 2021, "days_enrolled": 180, "days_absent": 181}]
    result = check(rows, ATTENDANCE)["absent_days_do_not_exceed_enrolled_days"]
    assert (result.failing_rows, result.failing_keys) == (1, ())
    assert "9183746520" not in result.to_json() + describe(result)
    assert pq.read_table(str(result.failing_rows_file)).column("student_id").to_pylist() == ["9183746520"]


def test_a_claim_whose_table_was_not_given_stops_and_says_so(check: Check, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "t.parquet", ABSENCE, GOOD_ROWS)
    result = check(views={"core.absence": [file]})["organization_id_school_year_resolve_in_organizations"]
    assert (result.kind, result.stops) == ("crash", True)
    assert "core.organizations" in str(result.detail)


def test_a_file_that_is_gone_is_one_clear_error(check: Check, tmp_path: Path) -> None:
    with pytest.raises(SpmError, match=r"Parquet file of core\.absence is not there"):
        check(views={"core.absence": [tmp_path / "gone.parquet"]})


def test_a_damaged_file_of_a_restricted_table_is_not_quoted(check: Check, tmp_path: Path) -> None:
    broken = tmp_path / "9183746520.parquet"
    broken.write_bytes(b"PAR1 9183746520")
    with pytest.raises(SpmError) as caught:
        check(views={"core.attendance": [broken]}, contract=ATTENDANCE)
    assert "9183746520" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_message_says_what_where_how_many_which_who_and_what_to_do(check: Check) -> None:
    result = check(planted(0, absent=101))["absent_do_not_exceed_eligible"]
    assert describe(result) == (
        "core.absence, school year 2021: absent_do_not_exceed_eligible FAILED (error). "
        "No more are absent than eligible. False for 1 of 3 rows (33.33 %). "
        "organization_id=0600001, school_year=2021, student_group=all. Owner: student-data-team. "
        f"What to do: Ask the publisher which count is wrong. All failing rows: {result.failing_rows_file}"
    )


def test_a_result_survives_json(check: Check) -> None:
    result = check(planted(0, absent=101))["absent_do_not_exceed_eligible"]
    assert CheckResult.from_json(result.to_json()) == result
    with pytest.raises(SpmError):
        CheckResult.from_json('{"claim": "x"}')


def test_every_claim_of_the_project_is_sql_over_contracts_and_declared_raw_tables(tmp_path: Path) -> None:
    from checks.catalog import Catalog

    known, raw = project_contracts(), write_raw_tables(tmp_path)
    # A claim may look at a core table in other years: all up to its own, or the one before.
    years = {
        f"{y}.{c.table}": c for c in known.values() if c.layer == "core" for y in ("to_date", "previous_year")
    }
    views: dict[str, list[Path]] = {**{name: [] for name in (*known, *years)}, **raw}
    with Catalog(views, {**known, **years}) as catalog:
        for contract in known.values():
            claims = all_claims(contract, load_suites(), known)
            assert len(claims) < 50  # what Dagster's UI is designed for
            for claim in claims:
                assert claim.needs <= set(views), claim.name
                if claim.failing_rows:
                    assert catalog.count(f"({claim.failing_rows})") == 0


def test_the_catalog_spills_to_a_private_folder_that_goes_with_it(tmp_path: Path) -> None:
    import stat

    import pyarrow as pa

    from checks.catalog import Catalog

    pq.write_table(pa.table({"n": [1]}), tmp_path / "t.parquet")
    with Catalog({"core.t": [tmp_path / "t.parquet"]}, {}) as catalog:
        folder = Path(str(catalog._run("SELECT current_setting('temp_directory')").scalar()))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_failing_rows_are_written_into_a_file_that_was_private_before_the_first_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checks.catalog import Catalog
    from checks.claims import claims_of

    rows = [{"student_id": "1", "school_year": 2021, "days_enrolled": 1, "days_absent": 2}]
    file = write_rows(tmp_path / "a.parquet", ATTENDANCE, rows)
    claim = next(c for c in claims_of(ATTENDANCE, CONTRACTS) if c.name.startswith("absent_days"))
    with Catalog({"core.attendance": [file]}, CONTRACTS) as catalog:
        kept = tmp_path / "failing" / "rows.parquet"
        # What is closed only afterwards was open to others meanwhile.
        monkeypatch.setattr(Path, "chmod", lambda *_: None)
        assert catalog.failing_rows(claim, kept, show_keys=False).count == 1
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
