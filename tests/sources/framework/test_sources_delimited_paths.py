"""The fast way through delimited text gives exactly what the strict way gives, and its refusals too."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources.readers import delimited, limits, regular
from sources.readers.delimited import read_delimited
from sources.readers.request import ReadRequest
from sources.spec import TableSpec
from warehouse.model.errors import SpmError

ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16-le")


def request(folder: Path, content: bytes, **table: object) -> ReadRequest:
    path = folder / "table.csv"
    path.write_bytes(content)
    spec = TableSpec(key=("a",), **table)
    return ReadRequest(path, "table.csv", "t", spec, ("a",), "all", 2025, is_restricted=False)


def outcome(read, wanted: ReadRequest) -> tuple[object, ...]:
    """Headers, cells and lines; or the refusal, word for word."""
    try:
        table = read(wanted)
    except SpmError as problem:
        return ("refused", str(problem))
    return (table.column_names, [column.to_pylist() for column in table.columns])


def strictly(wanted: ReadRequest) -> pa.Table:
    return delimited._read_any(wanted, delimited.decode(wanted))


def assert_same(wanted: ReadRequest) -> None:
    assert outcome(read_delimited, wanted) == outcome(strictly, wanted)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("paths")


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that quotes, line ends and pairs fall on their borders."""
    for module in (limits, regular):
        monkeypatch.setattr(module, "BLOCK", 7)
    monkeypatch.setattr(regular, "ARROW_BLOCK", 64)


again = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
cells = st.text(alphabet='ab,\t;"\n\r é€0.', max_size=6)
rows = st.integers(1, 4).flatmap(lambda w: st.lists(st.lists(cells, min_size=w, max_size=w), max_size=8))


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """A file as a careful program writes it, with all that quoting allows, blank lines and a preamble."""
    out = io.StringIO(newline="")
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    for row in draw(rows):
        if draw(st.integers(0, 5)) == 0:
            out.write(end)
        writer.writerow(row)
    return out.getvalue().encode("utf-8")


@given(written(), st.integers(1, 4), st.sampled_from(["row", "none"]))
@example(
    '\n"",""\n\n"","00"\n\n"""","0000"""""\n"00000""","00""""€€"\n"00000""","00\r\n"\n'.encode(), 1, "row"
)
@again
def test_whatever_a_program_writes_is_read_alike(small_blocks, folder, content, header_row, header):
    assert_same(request(folder, content, header_row=header_row, header=header))


@given(st.text(alphabet='ab,"\n\r é\0', max_size=40), st.integers(1, 3), st.booleans())
@example('"a""b",c\n"d\r\ne","""\n"\n', 1, False)
@example('""""\n\n""\n', 1, False)
@example('a,b\n\n\n"\n",""\n', 1, True)
@again
def test_any_text_is_read_alike_or_refused_alike(small_blocks, folder, text, header_row, has_mark):
    mark = b"\xef\xbb\xbf" if has_mark else b""
    assert_same(request(folder, mark + text.encode("utf-8"), header_row=header_row))


@given(st.binary(max_size=30), st.sampled_from(ENCODINGS))
@again
def test_any_bytes_are_read_alike_or_refused_alike_in_every_encoding(folder, content, encoding):
    assert_same(request(folder, content + b"\n", encoding=encoding))


@given(st.lists(st.text(alphabet="aé;\t|,", max_size=5), min_size=1, max_size=6), st.sampled_from(ENCODINGS))
@again
def test_other_delimiters_and_encodings_are_read_alike(folder, lines, encoding):
    content = "".join(f"{line}\n" for line in lines).encode(encoding, errors="replace")
    for delimiter in ("\t", ";", "|"):
        assert_same(request(folder, content, encoding=encoding, delimiter=delimiter))


def regular_file(count: int) -> bytes:
    body = [f'{n:07d},"School ""{n}""\nbranch, {n}",{n},"é"' for n in range(count)]
    return ("a,b,c,d\r\n\r\n" + "\r\n".join(body) + "\r\n").encode("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_regular_file_takes_the_fast_way_and_no_other(folder, monkeypatch, encoding):
    wanted = request(folder, regular_file(50_000).decode().encode(encoding), encoding=encoding)
    expected = outcome(strictly, wanted)

    def refused(*_: object) -> pa.Table:
        raise AssertionError("the strict way was taken")

    monkeypatch.setattr(delimited, "_read_any", refused)
    assert outcome(read_delimited, wanted) == expected
    table = read_delimited(wanted)
    assert table["__line__"].to_pylist()[:2] == [3, 5]
    assert table["b"].to_pylist()[1] == 'School "1"\nbranch, 1'


@pytest.mark.parametrize("stray", ['x"y,1,2,3', '"x"y,1,2,3', "1,2,3", "1,2,3,4,5", '"open,1,2,3'])
def test_one_irregular_line_among_many_is_told_with_its_line(folder, stray):
    lines = regular_file(3000).split(b"\r\n")
    lines[2000] = stray.encode()
    assert_same(request(folder, b"\r\n".join(lines)))
