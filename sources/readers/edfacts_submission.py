"""EDFacts submission files: a header record that promises a count, then records without column names.

Put here: file names, the header record, and the body in its three formats (csv, tab, fixed width). Not here:
the layouts (`layout`, layout.csv), category sets (`edfacts_sets`), codes (columns.csv).

Two columns in angle brackets are added: `<level>` (SEA, LEA or SCH, from the file's name) and
`<category_set>`. Values are joined plainly, without quoting, so a comma inside a value of a csv file breaks
its record; values that some program did quote are understood.

Options of source.yml:

    abbreviations   file-type abbreviations of file names, where they are known
    file_types      file-type descriptions of header records, where they are known
    amount          `count` or `fte` where totals can be held against the sum of their details
"""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.readers.delimited import decode, require_whole
from sources.readers.edfacts_header import FileName, check_header, read_file_name
from sources.readers.edfacts_sets import (
    SET,
    TABLE_TYPE,
    categories_of,
    load_category_sets,
    low_totals,
    recognise,
)
from sources.readers.fixed_width import cut_fixed, records, require_fillers_blank, table_of
from sources.readers.layout import Layout, layout_of
from sources.readers.limits import require_file
from sources.readers.remarks import RefusedRow, with_remarks
from sources.readers.request import ReadRequest
from warehouse.model.errors import SpmError

LEVEL = "<level>"
DELIMITERS = {"csv": ",", "tab": "\t"}
UNITS = ("FIPSStateCode", "StateLEAIDNumber", "StateSchoolIDNumber")
ADDS_UP = ("count", "fte")


def read_edfacts_submission(request: ReadRequest) -> pa.Table:
    """Read a submission file and hold it to its name, its header record and its layout.

    Raises:
        SpmError: A name or header record that is not of this file, year or source, another number of records
            than promised, or a record that is not of the layout.
    """
    require_file(request, "edfacts_submission")
    name = read_file_name(request)
    layout = layout_of(request, name.level)
    text = decode(request)
    require_whole(request, text)
    lines, numbers = records(text)
    if not lines:
        raise request.error("The file is empty", line=1, remedy="Fetch the file again")
    check_header(request, name, lines[0], records=len(lines) - 1)
    lines, numbers = lines[1:], numbers[1:]
    if name.extension == "txt":
        cells = cut_fixed(request, layout, lines, numbers)
    else:
        cells = _cut_delimited(request, layout, lines, numbers, DELIMITERS[name.extension])
    _require_one_state(request, cells, numbers)
    return _table(request, name, layout, cells, numbers)


def _table(
    request: ReadRequest, name: FileName, layout: Layout, cells: dict[str, pa.Array], numbers: list[int]
) -> pa.Table:
    """The cells with level, category set and remarks."""
    refused, warnings = _empty_required(layout, cells), []
    categories = categories_of(layout)
    if TABLE_TYPE in cells and SET in request.headers:
        sets = load_category_sets(request.folder / "category_sets.csv") if request.folder else {}
        found = recognise(cells, categories, sets)
        refused += found.refused
        names = pa.array(found.names, pa.string())
        cells[SET] = names.take(pa.array(found.numbers)) if len(names) else pa.array([], pa.string())
        if request.table.options.get("amount") in ADDS_UP:
            units = tuple(c for c in UNITS if c in cells)
            warnings = low_totals(cells, units, found, numbers)
    cells[LEVEL] = pa.array([name.level] * len(numbers), pa.string())
    return with_remarks(table_of(request, cells, numbers), refused, warnings)


def _cut_delimited(
    request: ReadRequest, layout: Layout, lines: list[str], numbers: list[int], delimiter: str
) -> dict[str, pa.Array]:
    """Each column's cells by their order."""
    width = len(layout.fields)
    whole = pa.array(lines, pa.string())
    rows = pc.split_pattern(whole, delimiter)
    irregular = pc.or_(pc.not_equal(pc.list_value_length(rows), width), pc.match_substring(whole, '"'))
    if pc.any(irregular).as_py():
        split = rows.to_pylist()
        for at in _where(irregular):
            split[at] = _fields(lines[at], split[at], delimiter, width)
            if len(split[at]) != width:
                raise _wrong_width(request, len(split[at]), width, numbers[at], delimiter)
        rows = pa.array(split, pa.list_(pa.string()))
    flat = rows.flatten()
    cells = {
        f.column: pc.utf8_trim_whitespace(flat.take(pa.array(np.arange(place, len(flat), width))))
        for place, f in enumerate(layout.fields)
    }
    require_fillers_blank(request, layout, cells, numbers)
    _require_lengths(request, layout, cells, numbers)
    return cells


def _fields(line: str, plain: list[str], delimiter: str, width: int) -> list[str]:
    """The fields of a record that has quotes, or more fields than its layout where the surplus is blank."""
    fields = next(csv.reader([line], delimiter=delimiter)) if '"' in line else plain
    if len(fields) < width:  # a quote that quotes nothing, as in 5" pipe
        fields = plain
    return fields[:width] if not any(fields[width:]) else fields


def _wrong_width(request: ReadRequest, found: int, width: int, line: int, delimiter: str) -> SpmError:
    inside = ", such as a comma inside a name: submit it as .tab then" if delimiter == "," else ""
    return request.error(
        f"{found} fields in a record whose layout has {width}",
        line=line,
        remedy=f"Compare the record with the layout of its file specification{inside}",
    )


def _require_lengths(
    request: ReadRequest, layout: Layout, cells: dict[str, pa.Array], numbers: list[int]
) -> None:
    """Refuse a value longer than its place in the layout: it would not fit the fixed-width form."""
    for field in layout.fields:
        long = _where(pc.greater(pc.utf8_length(cells[field.column]), field.length))
        if long:
            raise request.error(
                f"A value is longer than the {field.length} characters of its layout",
                line=numbers[long[0]],
                column=field.column,
                value=cells[field.column][long[0]].as_py(),
                remedy="The columns of the record may have shifted; compare it with the layout",
            )


def _require_one_state(request: ReadRequest, cells: dict[str, pa.Array], numbers: list[int]) -> None:
    states = cells["FIPSStateCode"]
    if len(states) and len(pc.unique(states)) > 1:
        other = _where(pc.not_equal(states, states[0]))[0]
        raise request.error(
            "A submission file is of one state, and this has another state's code too",
            line=numbers[other],
            column="FIPSStateCode",
            value=states[other].as_py(),
            remedy="Submit each state's records in a file of their own",
        )


def _empty_required(layout: Layout, cells: dict[str, pa.Array]) -> list[RefusedRow]:
    """Rows that leave a column empty which their level must fill."""
    return [
        RefusedRow(at, field.column, "", f"{field.column} is empty, and a {layout.level} record must have it")
        for field in layout.fields
        if field.is_required and not field.is_filler
        for at in _where(pc.equal(cells[field.column], ""))
    ]


def _where(flags: pa.Array) -> list[int]:
    return [int(at) for at in np.flatnonzero(flags.to_numpy(zero_copy_only=False))]
