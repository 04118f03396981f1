"""District finance: sums equal the file's, nothing derived is taken, markers are not amounts."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from federal_reading import assert_all_rows_accounted_for, query, run_mapping

from warehouse.model.errors import SpmError

MONEY = {
    "total_expenditure_usd": "TOTALEXP",
    "total_revenue_usd": "TOTALREV",
    "federal_revenue_usd": "TFEDREV",
    "state_revenue_usd": "TSTREV",
    "local_revenue_usd": "TLOCREV",
    "capital_outlay_usd": "TCAPOUT",
}


@pytest.fixture(scope="session")
def raw_rows(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "f33_edfacts_saipe_merged" / "district_data_full.csv"
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_sums_of_every_state_equal_the_file(declared, raw_rows):
    reading = declared("california", "lea_finance", 2019)
    assert_all_rows_accounted_for(reading)
    table = reading.tables["districts"].table
    sums = ", ".join(f"sum({column})" for column in ["membership_students", *MONEY])
    answer = query(table, f"SELECT state_ansi_code, count(*), {sums} FROM rows GROUP BY ALL")
    got = {state: rest for state, *rest in answer}
    expected: dict[str, list[Decimal]] = {}
    for row in raw_rows:
        totals = expected.setdefault(row["FIPST"], [Decimal(0)] * (2 + len(MONEY)))
        for place, text in enumerate(["1", row["MEMBERSCH"], *(row[name] for name in MONEY.values())]):
            totals[place] += Decimal(text)
    assert {state: [Decimal(n) for n in numbers] for state, numbers in got.items()} == expected


def test_midpoints_and_figures_worked_out_by_others_are_left_by_name(declared):
    columns = set(declared("california", "lea_finance", 2019).tables["districts"].table.column_names)
    assert not {c for c in columns if "proficiency" in c or "per_pupil" in c or "poverty" in c}


@pytest.mark.parametrize(
    "agency, state, districts",
    [("california", ("06", "CA", "California"), 908), ("maine", ("23", "ME", "Maine"), 182)],
)
def test_a_state_has_its_districts_and_they_are_not_the_whole_state(
    declared, raw_rows, agency, state, districts
):
    mapped = run_mapping(declared(agency, "lea_finance", 2019), "lea_finance", state=state)
    assert mapped.num_rows == districts == sum(row["FIPST"] == state[0] for row in raw_rows)
    assert set(mapped["is_additive"].to_pylist()) == {False}
    assert mapped["suppression"].null_count == mapped.num_rows


HEADER = (
    "LEAID,STNAME,FIPST,LEANM,PCTPROF_MTH_clean,PCTPROF_RLA_clean,NUMVALID_MTH_clean,NUMVALID_RLA_clean,SCHLEV,"
    "MEMBERSCH,TOTALEXP,TOTALREV,TFEDREV,TSTREV,TLOCREV,TCURINST,TCURSSVC,TCAPOUT,per_pupil_exp,poverty_rate,"
    "Estimated Population 5-17"
)
FEW = {"districts": {"minimum": 1}}


def invented_file(folder: Path, *rows: str) -> tuple[str]:
    """Rows of LEAID, state code, name, membership, expenditure and capital outlay."""
    lines = [HEADER]
    for row in rows:
        lea, fips, name, members, spent, capital = row.split(",")
        lines.append(
            f"{lea},SOMEWHERE,{fips},{name},,,,,03,{members},{spent},2000,500,700,800,900,300,{capital},,,"
        )
    (folder / "f33.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ("f33.csv",)


def test_a_marker_is_a_reason_and_never_an_amount(read_files, tmp_path):
    files = invented_file(
        tmp_path,
        "9900010,99,Ash Hollow,100,-9,50",
        "9900020,99,Birch,-1,1000,-2",
        "9900030,99,Cedar,10,1000,0",
    )
    reading = read_files("lea_finance", files, school_year=2024, rows=FEW)
    mapped = run_mapping(reading, "lea_finance", state=("99", "FK", "Franklin")).to_pylist()
    assert [(r["total_expenditure_usd"], r["membership_students"], r["suppression"]) for r in mapped] == [
        (None, 100, "suppressed_at_source"),
        (Decimal("1000.00"), None, "not_reported"),
        (Decimal("1000.00"), 10, None),
    ]
    assert mapped[1]["capital_outlay_usd"] is None
    assert {r["is_additive"] for r in mapped} == {True}, "a complete survey file may be summed"


def test_an_id_that_lost_its_zero_is_refused(read_files, tmp_path):
    files = invented_file(tmp_path, "100005,01,Albert,100,1,50")
    with pytest.raises(SpmError) as refused:
        read_files("lea_finance", files, school_year=2024, rows=FEW)
    assert (refused.value.line, refused.value.column, refused.value.value) == (2, "LEAID", "100005")
    assert "zeros lost" in str(refused.value)
