"""The files of the money systems: same seed, same bytes; sums that hold; defects where they say."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from money_franklin import write_money
from openpyxl import load_workbook
from small_franklin import digests

from simulator import defects, money_defects
from simulator.finance import make_finance
from simulator.generate import Written, generate
from simulator.money.survey import write_survey
from simulator.money.survey_layout import HEADER, TOTALS
from simulator.organizations import build_state
from simulator.settings import Settings

MONEY_DEFECTS = tuple(sorted(name for name in defects.names() if hasattr(money_defects, name)))
FOLDERS = ("grants", "ledger", "g6", "titlei")


def test_the_same_seed_gives_the_same_bytes_whichever_years_are_asked_for(tmp_path: Path) -> None:
    asked = (
        Settings(students=2_000, seed=3),
        Settings(students=2_000, seed=3),
        Settings(students=2_000, seed=3, years=(2025,)),
        Settings(students=2_000, seed=3, years=(2023,)),
    )
    found = [
        digests(write_money(settings, tmp_path / str(number)).folder) for number, settings in enumerate(asked)
    ]
    assert found[0] == found[1] == found[2] == found[3]
    assert len(found[0]) == 9


def test_another_seed_gives_other_money(tmp_path: Path) -> None:
    first, second = (
        digests(write_money(Settings(students=2_000, seed=seed), tmp_path / str(seed)).folder)
        for seed in (3, 4)
    )
    assert all(first[name] != second[name] for name in first)


def test_a_whole_run_writes_the_money_systems(small: Written) -> None:
    names = set(digests(small.folder))
    assert {
        "grants/grants_management.db",
        "ledger/ledger.db",
        "g6/award_export.csv",
        "g6/draw_export.csv",
        "titlei/fy24/franklin.xlsx",
        "f33/sdf24_1a.txt",
        "f33/sdf25_1a.txt",
        "truth/money_truth.parquet",
    } <= names


def test_a_tenth_of_the_largest_franklin_has_its_money_in_half_a_minute(tmp_path: Path) -> None:
    """By the processor's clock; the whole of it is in benchmarks/README.md."""
    started = time.process_time()
    files = write_money(Settings(students=600_000), tmp_path / "large")
    assert time.process_time() - started < 30
    assert files.rows("SELECT count(*) > 50000 FROM reimbursement_request") == [(1,)]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The survey file of a Franklin of 40,000 students whose membership is its LEAs' shares."""
    settings = Settings(students=40_000)
    files = write_money(settings, tmp_path_factory.mktemp("survey"))
    state = build_state(settings)
    members = [max(int(lea.share * settings.students), 60) for lea in state.leas]
    rows = make_finance(settings, state, 2024, members)  # type: ignore[arg-type]
    path = files.folder / "sdf24_1a.txt"
    write_survey(files.money, rows, 2024, path)
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_survey_has_the_columns_of_the_layout_in_its_order(survey: list[dict[str, str]]) -> None:
    assert tuple(survey[0]) == HEADER
    assert len(HEADER) == 145 + 117
    assert HEADER[145] == "FL_V33"
    assert HEADER[-1] == "FL_CE3"


def test_every_sum_of_the_survey_holds_to_the_dollar(survey: list[dict[str, str]]) -> None:
    ours = [row for row in survey if row["FIPST"] == "88"]
    assert len(ours) == len(survey) - 1
    for row in ours:
        for total, parts in TOTALS.items():
            assert int(row[total]) == sum(max(int(row[part]), 0) for part in parts), (row["LEAID"], total)
        assert int(row["TOTALREV"]) > 0
        assert int(row["CE1"]) + int(row["CE2"]) == int(row["TCURELSC"])
        assert int(row["_19H"]) + int(row["_21F"]) - int(row["_31F"]) == int(row["_41F"])


def test_codes_and_flags_of_the_survey_go_together(survey: list[dict[str, str]]) -> None:
    seen = set()
    for row in survey:
        for name in (name for name in HEADER if name.startswith("FL_")):
            item = name.removeprefix("FL_")
            figure = int(row[item] if item in row else row[f"_{item}"])
            seen.add((row[name], min(figure, 0)))
            assert (figure == -2) == (row[name] == "N")
            assert (figure == -1) == (row[name] == "M")
            assert figure >= 0 or figure in (-1, -2, -9)
    assert {("R", 0), ("N", -2), ("M", -1), ("A", -9), ("I", 0)} <= seen


def test_the_survey_counts_what_the_agency_paid_as_federal_revenue(
    survey: list[dict[str, str]], tmp_path: Path
) -> None:
    files = write_money(Settings(students=40_000), tmp_path)
    paid = dict(
        files.rows(
            """
            SELECT nces_lea_id, sum(p.amount_cents) FROM payment p
            JOIN reimbursement_request r USING (request_id) JOIN lea USING (lea_id)
            WHERE assistance_listing = '84.010' AND paid_on BETWEEN '2023-07-01' AND '2024-06-30'
            GROUP BY 1
            """
        )
    )
    exact = [
        abs(int(row["C14"]) * 100 - int(str(paid.get(row["LEAID"], 0)))) <= 50
        for row in survey
        if row["FIPST"] == "88"
    ]
    assert sum(exact) / len(exact) > 0.8  # the others have no room for it in their federal total


@pytest.fixture(scope="module")
def whole(small: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The money systems of the small run, once more, to be copied and damaged."""
    target = tmp_path_factory.mktemp("whole") / "data"
    for name in (*FOLDERS, "f33"):
        shutil.copytree(small.folder / name, target / name)
    return target


def damaged(whole: Path, tmp_path: Path, name: str) -> tuple[Path, defects.Planted]:
    target = tmp_path / "data"
    shutil.copytree(whole, target)
    return target, defects.plant(name, target, 2025)


def ask(folder: Path, database: str, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_every_money_defect_says_what_finds_it(whole: Path, tmp_path: Path) -> None:
    assert len(MONEY_DEFECTS) == 9
    for name in MONEY_DEFECTS:
        _, planted = damaged(whole, tmp_path / name, name)
        assert planted.found_by
    assert sum(name == "plausible_request_amount" for name in MONEY_DEFECTS) == 1


def test_a_payment_keyed_twice_exceeds_its_request(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "payment_twice")
    rows = ask(
        folder,
        planted.file,
        """
        SELECT max(payment_id), sum(p.amount_cents) - r.amount_cents FROM payment p
        JOIN reimbursement_request r USING (request_id) GROUP BY request_id
        HAVING sum(p.amount_cents) > r.amount_cents
        """,
    )
    assert [str(number) for number, _ in rows] == [planted.value]


def test_a_request_paid_too_early_is_the_only_one(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "paid_before_proper")
    paid = "SELECT request_id FROM payment JOIN reimbursement_request USING (request_id)"
    query = f"{paid} WHERE paid_on < proper_on"
    assert ask(folder, planted.file, query) == [(planted.value,)]


def test_an_unconserved_allocation_is_a_dollar_too_much(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "allocation_not_conserved")
    rows = ask(
        folder,
        planted.file,
        """
        SELECT v.fain || '/' || v.version, (SELECT sum(amount_cents) FROM allocation a
            WHERE (a.fain, a.version) = (v.fain, v.version)) + unallocated_cents - award_cents
            + (SELECT sum(amount_cents) FROM reservation a WHERE (a.fain, a.version) = (v.fain, v.version))
            AS difference
        FROM allocation_version v WHERE difference <> 0
        """,
    )
    assert rows == [(str(planted.value).rsplit("/", 1)[0], 100)]


def test_an_undetectable_defect_breaks_no_sum(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "plausible_request_amount")
    assert str(planted.found_by).startswith("undetectable")
    rows = ask(
        folder,
        planted.file,
        """
        SELECT request_id FROM request_line JOIN reimbursement_request r USING (request_id)
        GROUP BY request_id HAVING sum(request_line.amount_cents) <> r.amount_cents
        """,
    )
    assert rows == []


def test_a_missing_posting_is_a_payment_the_ledger_lacks(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "ledger_posting_missing")
    posted = ask(
        folder, "ledger/ledger.db", "SELECT document_number FROM entry WHERE document_type = 'payment'"
    )
    paid = ask(folder, "grants/grants_management.db", "SELECT CAST(payment_id AS TEXT) FROM payment")
    assert set(paid) - set(posted) == {(planted.value,)}


@pytest.mark.parametrize(
    ("name", "column"),
    [("draw_export_totals_row", "PR Award Number"), ("award_balance_disagrees", "Available Balance")],
)
def test_a_defect_of_an_export_stands_on_its_line(
    name: str, column: str, whole: Path, tmp_path: Path
) -> None:
    folder, planted = damaged(whole, tmp_path, name)
    with (folder / planted.file).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert planted.line is not None
    assert rows[planted.line - 2][column] == planted.value


def test_an_lea_id_as_number_is_one_cell(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "allocation_lea_id_as_number")
    (sheet,) = load_workbook(folder / planted.file, read_only=True).worksheets
    numbers = [i for i, row in enumerate(sheet.values, start=1) if row and isinstance(row[0], int)]
    assert numbers == [planted.line]


def test_a_broken_identity_is_a_dollar_on_its_line(whole: Path, tmp_path: Path) -> None:
    folder, planted = damaged(whole, tmp_path, "survey_identity_broken")
    with (folder / planted.file).open(encoding="ascii", newline="") as file:
        row = list(csv.DictReader(file, delimiter="\t"))[(planted.line or 0) - 2]
    assert int(row["TOTALREV"]) - sum(int(row[name]) for name in TOTALS["TOTALREV"]) == 1


def test_a_planted_money_defect_is_in_the_manifest(tmp_path: Path) -> None:
    generate(Settings(students=2_000, years=(2025,)), tmp_path / "out", ["payment_twice"])
    manifest = json.loads((tmp_path / "out" / "simulator.json").read_text())
    assert [item["name"] for item in manifest["defects"]] == ["payment_twice"]
    assert manifest["defects"][0]["found_by"]
