"""The general reader of fixed-width files, on an invented assessment vendor's layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.readers.fixed_width import read_fixed_width
from sources.readers.layout import load_layouts
from sources.readers.request import LINE, ReadRequest
from sources.spec import TableSpec
from warehouse.model.errors import SpmError

LAYOUT = """\
table,level,first_year,column,start,length,required,codes
results,,2022,DistrictCode,1,4,yes,
results,,2022,Filler1,5,2,no,
results,,2022,Grade,7,2,no,listed
results,,2022,ScaleScore,9,5,no,
results,,2024,DistrictCode,1,6,yes,
results,,2024,Grade,7,2,no,listed
results,,2024,ScaleScore,8,5,no,
"""
GOOD = LAYOUT.replace("ScaleScore,8,5", "ScaleScore,9,5")
HEADERS = ("DistrictCode", "Grade", "ScaleScore", "AddedLater")


def request(
    folder: Path,
    content: bytes,
    *,
    year: int = 2023,
    layout: str = GOOD,
    restricted: bool = False,
    **options: str,
) -> ReadRequest:
    (folder / "layout.csv").write_text(layout, encoding="utf-8")
    load_layouts.cache_clear()
    path = folder / "kept"
    path.write_bytes(content)
    table = TableSpec(key=("district",), layout="layout.csv", options=dict(options))
    return ReadRequest(path, "drop/results.txt", "results", table, HEADERS, "all", year, restricted, folder)


def test_cells_stand_where_the_layout_says_without_their_blanks(tmp_path: Path) -> None:
    table = read_fixed_width(request(tmp_path, b"0012  03 2451\r\n00A   HS     \r\n"))
    assert table["DistrictCode"].to_pylist() == ["0012", "00A"]
    assert table["Grade"].to_pylist() == ["03", "HS"]
    assert table["ScaleScore"].to_pylist() == ["2451", ""]
    assert table["AddedLater"].to_pylist() == [None, None]
    assert table[LINE].to_pylist() == [1, 2]


def test_a_later_year_has_the_later_layout(tmp_path: Path) -> None:
    table = read_fixed_width(request(tmp_path, b"00120303 2451\n", year=2031))
    assert table["DistrictCode"].to_pylist() == ["001203"]


def test_lines_before_the_records_are_skipped_where_the_source_says_so(tmp_path: Path) -> None:
    content = b"VENDOR EXPORT\nrun 7\n\n0012  03 2451\n"
    table = read_fixed_width(request(tmp_path, content, skip_lines="2"))
    assert table[LINE].to_pylist() == [4]


@pytest.mark.parametrize("line", [b"0012  03 245", b"0012  03 24511", b"012  03 2451"])
def test_a_record_of_another_width_is_refused_with_its_line(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(SpmError, match="in a record whose layout has 13") as caught:
        read_fixed_width(request(tmp_path, b"0012  03 2451\n" + line + b"\n"))
    assert caught.value.line == 2


def test_something_in_a_filler_is_refused_and_quoted_only_where_it_may_be(tmp_path: Path) -> None:
    for restricted in (False, True):
        with pytest.raises(SpmError, match="keeps positions 5 to 6 free") as caught:
            read_fixed_width(request(tmp_path, b"0012X 03 2451\n", restricted=restricted))
        assert caught.value.value == (None if restricted else "X")


@pytest.mark.parametrize(
    ("layout", "what"),
    [
        (LAYOUT, "The column begins at 8, the one before it ends at 8"),
        (GOOD.replace("ScaleScore,9,5", "ScaleScore,10,5"), "The column begins at 10"),
        (GOOD.replace("Grade,7,2,no,listed", "Grade,7,two,no,listed"), "Not a line of a record layout"),
        (GOOD.replace("no,listed", "no,sometimes"), "Not a line of a record layout"),
        (GOOD.replace("table,level", "level,table"), "layout.csv has the wrong header"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(tmp_path: Path, layout: str, what: str) -> None:
    with pytest.raises(SpmError, match=what) as caught:
        read_fixed_width(request(tmp_path, b"0012  03 2451\n", layout=layout))
    assert str(caught.value.file).endswith("layout.csv") and caught.value.line


def test_a_year_without_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="No layout is held for 2021; the first is that of 2022"):
        read_fixed_width(request(tmp_path, b"0012  03 2451\n", year=2021))
