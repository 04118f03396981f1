"""Shapes that public files come in: zipped, without headers, with data in their headers, of another year."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from federal_public_reading import Bench

import sources.archives
from warehouse.model.errors import SpmError

PLAIN = "rows,unit,id([0-9]{2}),,yes,UNIT\nrows,students,count,,yes,STUDENTS\n"
UNPIVOT = """\
key: [unit, student_group, grade]
header_case: any
unpivot:
  pattern: "(?P<GROUP>[A-Z]+)_(?P<GRADE>[0-9]{2})(?P<VALUE>NUM|PCT)(?:_(?P<YEARS>[0-9]{4}))?"
  blocks: {minimum: 2, maximum: 4}
year_in: {YEARS: ["{ss}{yy}", ""]}
markers: {".": not_reported}
"""
LONG = """\
rows,unit,id([0-9]{2}),,yes,UNIT
rows,student_group,code(ALL=all|F=female),,yes,GROUP
rows,grade,id([0-9]{2}),,yes,GRADE
rows,students,count,,no,NUM
rows,percent,rate,,no,PCT
rows,years,text,,no,YEARS
"""


def zipped(*members: tuple[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members:
            out.writestr(name, content)
    return archive.getvalue()


CSV = b"UNIT,STUDENTS\n01,5\n02,6\n"


@pytest.fixture
def archive_bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, 'key: [unit]\nmember: "*.csv"', PLAIN)


def counts(result: object) -> list[tuple[object, ...]]:
    table = result.table  # type: ignore[attr-defined]
    return list(zip(table["unit"].to_pylist(), table["students"].to_pylist(), strict=True))


def test_the_member_of_an_archive_is_read_and_the_rest_left(archive_bench: Bench) -> None:
    content = zipped(("readme.txt", b"hello"), ("folder/Data.CSV", CSV))
    assert counts(archive_bench.read(content, "data.zip")) == [("01", 5), ("02", 6)]


def test_a_file_that_somebody_unpacked_is_read_as_it_is(archive_bench: Bench) -> None:
    assert counts(archive_bench.read(CSV)) == [("01", 5), ("02", 6)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (zipped(("a.csv", CSV), ("b.csv", CSV)), "2 files of the name"),
        (zipped(("a.txt", CSV)), "No file of the name"),
        (zipped(), "it holds nothing"),
        (zipped(("a.csv", CSV * 5000))[:-40], "Not a whole zip archive"),
        (b"UNIT,STUDENTS\n01,5\n", "Not a whole zip archive"),
    ],
    ids=["two members", "no member", "empty", "cut off", "no zip at all"],
)
def test_an_archive_without_one_readable_member_is_refused(
    archive_bench: Bench, content: bytes, says: str
) -> None:
    with pytest.raises(SpmError, match=says):
        archive_bench.read(content, "data.zip")


def test_a_damaged_member_is_refused(archive_bench: Bench) -> None:
    content = bytearray(zipped(("a.csv", bytes(range(32, 127)) * 500)))
    content[60] ^= 0xFF
    with pytest.raises(SpmError, match=r"archive is damaged|Not a whole zip"):
        archive_bench.read(bytes(content), "data.zip")


def test_an_encrypted_member_is_refused_without_a_password_being_asked(archive_bench: Bench) -> None:
    content = bytearray(zipped(("a.csv", CSV)))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags_at] |= 1
    with pytest.raises(SpmError, match="encrypted"):
        archive_bench.read(bytes(content), "data.zip")


def test_a_zip_bomb_is_refused_before_it_fills_the_disk(
    archive_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    check = sources.archives._require_small

    def watched(request: object, member: object, size: int) -> None:
        written.append(size)
        check(request, member, size)  # type: ignore[arg-type]

    monkeypatch.setattr(sources.archives, "_require_small", watched)
    with pytest.raises(SpmError, match="which no table does"):
        archive_bench.read(zipped(("a.csv", b"0" * 64 * 1024**2)), "data.zip")
    assert max(written) < 32 * 1024**2


def test_a_file_without_header_row_loses_no_line(tmp_path: Path) -> None:
    columns = "rows,unit,id([0-9]{2}),,yes,1\nrows,students,count,,yes,2\n"
    bench = Bench(tmp_path, "key: [unit]\nheader: none", columns)
    assert counts(bench.read(b"01,5\n02,6\n")) == [("01", 5), ("02", 6)]
    with pytest.raises(SpmError, match="Unknown header '3'"):
        bench.read(b"01,5,7\n02,6,8\n")


def test_equal_lines_are_numbered_and_all_kept(tmp_path: Path) -> None:
    columns = PLAIN + "rows,repetition,count,,yes,TIMES\n"
    bench = Bench(tmp_path, "key: [unit, students, repetition]\nrepeats: TIMES", columns)
    result = bench.read(b"UNIT,STUDENTS\n01,5\n02,6\n01,5\n01,5\n")
    assert sorted(result.table["repetition"].to_pylist()) == [1, 1, 2, 3]
    assert result.rows_quarantined == 0


def test_headers_that_hold_data_become_rows_in_any_case(tmp_path: Path) -> None:
    content = (
        b"Unit,all_03num_1819,all_03pct_1819,f_03NUM_1819,f_03PCT_1819\n01,20,21-39,.,PS\n02,7,GE50,2,PS\n"
    )
    result = Bench(tmp_path, UNPIVOT, LONG).read(content)
    rows = result.table.select(
        ["unit", "student_group", "grade", "students", "percent_low", "percent_kind", "source_line"]
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("01", "all", "03", 20, 21, "ranged", 2),
        ("01", "female", "03", None, None, "suppressed", 2),
        ("02", "all", "03", 7, 50, "ranged", 3),
        ("02", "female", "03", 2, None, "suppressed", 3),
    ]
    assert result.rows_in == 4


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("UNIT,ALL_03NUM,ALL_03PCT,F_03NUM", "no header for PCT beside it"),
        ("UNIT,ALL_03NUM,ALL_03PCT,all_03num", "stands twice, in capitals and small letters"),
        ("UNIT,ALL_03NUM,ALL_03PCT,X", "1 blocks where at least 2 and at most 4 are expected"),
        ("UNIT,ALL_03NUM_1718,ALL_03PCT_1718,F_03NUM_1718,F_03PCT_1718", "another school year than 2019"),
        ("UNIT,ALL_03NUM,ALL_03PCT,F_03NUM,F_03PCT,EXTRA", "Unknown header 'EXTRA'"),
    ],
)
def test_headers_that_do_not_form_whole_blocks_of_the_year_are_refused(
    tmp_path: Path, header: str, says: str
) -> None:
    line = ",".join(["01", *["7"] * header.count(",")])
    with pytest.raises(SpmError, match=says):
        Bench(tmp_path, UNPIVOT, LONG).read(f"{header}\n{line}\n".encode())


def test_a_group_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    header = "UNIT,ALL_03NUM,ALL_03PCT,XYZ_03NUM,XYZ_03PCT"
    with pytest.raises(SpmError, match="known are ALL, F") as refused:
        Bench(tmp_path, UNPIVOT, LONG).read(f"{header}\n01,7,GE50,7,GE50\n".encode())
    assert refused.value.value == "XYZ"


def test_the_year_in_the_cells_is_held_against_the_year_asked_for(tmp_path: Path) -> None:
    columns = PLAIN + "rows,year,text,,yes,YEAR\n"
    bench = Bench(tmp_path, 'key: [unit]\nyear_in: {YEAR: ["{start}-{end}", "{start}-{yy}"]}', columns)
    assert bench.read(b"UNIT,STUDENTS,YEAR\n01,5,2018-2019\n02,5,2018-19\n").rows_out == 2
    with pytest.raises(SpmError, match="another school year than 2019") as refused:
        bench.read(b"UNIT,STUDENTS,YEAR\n01,5,2018-2019\n02,5,2019-2020\n")
    assert (refused.value.line, refused.value.column, refused.value.value) == (3, "YEAR", "2019-2020")


def test_a_table_that_a_release_does_not_have_is_empty_and_typed(tmp_path: Path) -> None:
    results = Bench(tmp_path, "key: [unit]", PLAIN).read_all(CSV)
    others = results["others"]
    assert (others.rows_in, others.rows_out, others.rows_quarantined) == (0, 0, 0)
    assert {"unit", "source_id", "source_line", "school_year"} <= set(others.table.column_names)


def test_a_missing_last_line_end_is_a_cut_unless_the_publisher_never_writes_one(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="last line has no line end"):
        Bench(tmp_path / "a", "key: [unit]", PLAIN).read(CSV[:-1])
    assert Bench(tmp_path / "b", "key: [unit]\nopen_end: true", PLAIN).read(CSV[:-1]).rows_out == 2
