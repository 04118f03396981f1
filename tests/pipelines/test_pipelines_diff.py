"""What differs between two releases, and why; a rate's change taken apart by what a release holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.change import REST, Changed, Side, change
from pipelines.differences import differences
from pipelines.known import require_organization
from pipelines.wrong_use import WrongUse
from tests.warehouse.invented_release import ABSENCE, AGENCY, figure, publication, rows_of
from warehouse.model.errors import SpmError
from warehouse.publication import FACES, SliceData, SliceKey
from warehouse.read import Reader, open_reader
from warehouse.store import Warehouse

NEW, OLD = "b" * 64, "a" * 64


@contextmanager
def published(folder: Path, *releases: Sequence[SliceData]) -> Iterator[Reader]:
    """A warehouse after publications, opened to read."""
    url = f"sqlite:///{folder / 'internal.db'}"
    with Warehouse.open(url, AGENCY) as warehouse:
        for slices in releases:
            warehouse.publish(publication(slices), audit=lambda *_: [])
    with open_reader(url) as reader:
        yield reader


def faces(table: str, year: int | None, rows: pa.Table, part: str = "", sha: str = "") -> list[SliceData]:
    return [SliceData(SliceKey(f, table, year, part), rows, (sha,) if sha else ()) for f in FACES]


def release(
    rows: Sequence[Mapping[str, Any]],
    *,
    sha: str = OLD,
    version: int = 1,
    days: str = "10",
    owner: str = "0600000",
    year: int = 2024,
) -> list[SliceData]:
    """A release of one measure, its source, definition, one setting and two schools."""
    schools = [
        {"organization_id": name, "school_year": year, "organization_type": "SCHOOL",
         "organization_name": name, "authorizer_lea_id": owner if name == "060000000001" else "0600009"}
        for name in ("060000000001", "060000000002")
    ]  # fmt: skip
    snapshot = {
        "source_id": "invented", "table_name": "counts", "school_year": year, "snapshot_sha256": sha,
        "address": "counts.csv",
    }  # fmt: skip
    measure = {"measure_id": ABSENCE, "measure_version": version, "unit": "percent"}
    setting = {"setting": "minimum_days", "setting_value": days}
    return [
        *faces("measure_value", year, rows_of("measure_value", *rows), ABSENCE, sha),
        *faces("source_snapshot", year, rows_of("source_snapshot", snapshot)),
        *faces("organization", year, rows_of("organization", *schools)),
        *faces("measure", None, rows_of("measure", measure)),
        *faces("agency_setting", None, rows_of("agency_setting", setting)),
    ]  # fmt: skip


def told(reader: Reader, **more: Any) -> dict[str, Any]:
    return differences(reader, 1, 2, settings_of=lambda _: {"minimum_days"}, measures_of=lambda _: (), **more)


def rows(absent: int = 12, second: int = 20) -> list[dict[str, Any]]:
    return [figure("060000000001", absent, 100), figure("060000000002", second, 100)]


@pytest.mark.parametrize(
    ("after", "kind", "words"),
    [
        (release(rows(15), sha=NEW), "restated_source", "counts.csv: was sha256 aaaaaaaaaaaa, is bbbbbb"),
        (release(rows(15), version=2), "changed_formula", "measure version was 1, is 2"),
        (release(rows(15), days="20"), "changed_setting", "minimum_days was 10, is 20"),
        (release(rows(15), owner="0600009"), "organization_change", "authorizer lea id was 0600000, is 06"),
        (release(rows(15)), "code", "a mapping, a crosswalk or an input"),
    ],
    ids=["source", "formula", "setting", "organization", "nothing-else"],
)  # fmt: skip
def test_a_changed_figure_is_told_with_its_cause(
    tmp_path: Path, after: list[SliceData], kind: str, words: str
):
    with published(tmp_path, release(rows()), after) as reader:
        account = told(reader)
    (found,) = account["measures"]
    (changed,) = found["figures"]
    assert (changed["organization_id"], changed["happened"]) == ("060000000001", "changed")
    assert (changed["value_before"], changed["value_after"], changed["change"]) == (12.0, 15.0, 3.0)
    assert changed["causes"] == [kind]
    assert words in found["causes"][0]["text"]


def test_new_and_vanished_figures_are_told_and_equal_ones_are_not(tmp_path: Path):
    other = [figure("060000000002", 20, 100), figure("060000000003", 1, 50)]
    with published(tmp_path, release(rows()), release(other, sha=NEW)) as reader:
        account = told(reader)
        same = differences(reader, 1, 1, settings_of=lambda _: None, measures_of=lambda _: ())
    happened = {row["organization_id"]: row["happened"] for row in account["measures"][0]["figures"]}
    assert happened == {"060000000001": "gone", "060000000003": "new"}
    assert (same["measures"], same["statuses"], same["unchanged"]) == ([], [], 1)


def test_a_setting_that_the_measure_does_not_read_is_no_cause(tmp_path: Path):
    with published(tmp_path, release(rows()), release(rows(15), days="20")) as reader:
        account = differences(reader, 1, 2, settings_of=lambda _: set(), measures_of=lambda _: ())
    assert [cause["kind"] for cause in account["measures"][0]["causes"]] == ["code"]


def test_a_release_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path):
    with (
        published(tmp_path, release(rows())) as reader,
        pytest.raises(SpmError, match="no such release") as refused,
    ):
        differences(reader, 1, 7, settings_of=lambda _: None, measures_of=lambda _: ())
    assert "lists: 1" in refused.value.remedy


def test_an_organization_of_the_earlier_release_alone_can_be_asked_for(tmp_path: Path):
    gone = figure("060000000003", 1, 50)
    with published(tmp_path, release([*rows(), gone]), release(rows(), sha=NEW)) as reader:
        require_organization(reader, "060000000003", releases=(1, 2))
        account = told(reader, organization="060000000003")
        with pytest.raises(WrongUse, match="no such organization"):
            require_organization(reader, "060000000004", releases=(1, 2))
    assert [row["happened"] for row in account["measures"][0]["figures"]] == ["gone"]


def asked(by: str) -> Changed:
    return Changed(ABSENCE, "0600000", by, {}, ("none", "as_published", "authorizer"))


def of_lea(absent: int, students: int, **more: Any) -> dict[str, Any]:
    place = {"organization_type": "LEA", "organization_view": "authorizer"}
    return figure("0600000", absent, students, **{**place, **more})


def test_a_change_is_taken_apart_by_sex_with_the_rest_and_adds_up(tmp_path: Path):
    def year(number: int, *rates: tuple[str, int, int]) -> list[SliceData]:
        rows = [of_lea(a, n, student_group=g, school_year=number) for g, a, n in rates]
        groups = [
            {"student_group": "female", "title": "Female", "group_category": "sex"},
            {"student_group": "male", "title": "Male", "group_category": "sex"},
        ]
        return [
            *release(rows, year=number),
            *faces("student_group", None, rows_of("student_group", *groups)),
        ]

    before = year(2023, ("all", 30, 110), ("female", 10, 50), ("male", 18, 50))
    after = [
        s for s in year(2024, ("all", 33, 100), ("female", 20, 60), ("male", 13, 40)) if s.key.school_year
    ]
    with published(tmp_path, [*before, *after]) as reader:
        account = change(reader, asked("sex"), Side(1, 2023), Side(1, 2024))
    assert {part["name"] for part in account["parts"]} == {"Female", "Male", REST}
    assert account["is_exact"]
    assert account["change"] == pytest.approx(33 - 3000 / 110, abs=1e-12)
    assert account["within"] + account["mix"] == pytest.approx(account["change"], abs=1e-12)


def test_parts_that_hold_more_than_the_whole_are_refused(tmp_path: Path):
    def year(number: int) -> list[SliceData]:
        rows = [
            of_lea(10, 100, school_year=number),
            figure("060000000001", 10, 60, school_year=number),
            figure("060000000002", 10, 60, school_year=number),
        ]
        return release(rows, year=number, owner="0600000")

    both = [*year(2023), *(s for s in year(2024) if s.key.school_year)]
    # Both schools are the LEA's: the second is put below it too.
    both = [
        s if s.key.table != "organization" else SliceData(s.key, _owned(s.rows), s.snapshots) for s in both
    ]
    with (
        published(tmp_path, both) as reader,
        pytest.raises(SpmError, match="hold more than the whole in 2023"),
    ):
        change(reader, asked("school"), Side(1, 2023), Side(1, 2024))


def _owned(rows: pa.Table) -> pa.Table:
    owners = [{**row, "authorizer_lea_id": "0600000"} for row in rows.to_pylist()]
    return pa.Table.from_pylist(owners, schema=rows.schema)


def test_a_figure_without_counts_cannot_be_taken_apart(tmp_path: Path):
    hidden = {
        "numerator": None,
        "denominator": None,
        "value": Decimal(0),
        "suppression": "suppressed_at_source",
    }
    rows = [of_lea(10, 100, **{**hidden, "value": None, "null_reason": "suppressed"})]
    with (
        published(tmp_path, release(rows)) as reader,
        pytest.raises(SpmError, match=r"has no counts \(suppressed at source\)"),
    ):
        change(reader, asked("school"), Side(1, 2024), Side(1, 2024))
