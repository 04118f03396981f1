"""EDFacts submission files: a header record that promises a count, then body records without column names.

Put here: the header record and the shape of the body (csv and tab). Not here: category sets and codes, which
are columns like any other. A body's columns are, by position, the headers of columns.csv in its order.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import PurePosixPath

import pyarrow as pa

from sources.readers.delimited import decode, require_whole
from sources.readers.request import ReadRequest, text_table

HEADER_FIELDS = 5
_PERIOD = re.compile(r"(\d{4})[- ](\d{4})")


def read_edfacts_submission(request: ReadRequest) -> pa.Table:
    """Read a submission file and hold it to its header record.

    Raises:
        SpmError: No header record, another file's name, another year's period, another number of records than
            promised, or a record with another number of fields than the layout.
    """
    delimiter = "\t" if request.address.lower().endswith(".tab") else ","
    text = decode(request)
    require_whole(request, text)
    records = _records(request, text, delimiter)
    if not records or len([c for c in records[0][1] if c]) < HEADER_FIELDS:
        raise request.error(
            "The file does not begin with a header record",
            line=1,
            remedy="Submit file type, total records, file name, file identifier and reporting period first",
        )
    header = records[0][1]
    body = [(line, cells) for line, cells in records[1:] if any(cells)]
    _check_header(request, header, len(body))
    columns: list[list[str | None]] = [[] for _ in request.headers]
    for line, cells in body:
        if len(cells) != len(request.headers):
            raise request.error(
                f"{len(cells)} fields in a record whose layout has {len(request.headers)}",
                line=line,
                remedy="Compare the record with the layout of its file specification",
            )
        for column, cell in zip(columns, cells, strict=True):
            column.append(cell)
    return text_table(list(request.headers), columns, [line for line, _ in body])


def _records(request: ReadRequest, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The records, each with the physical line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records, before = [], 0
    try:
        for cells in reader:
            records.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as problem:
        raise request.error(
            f"Not well-formed delimited text: {problem}",
            line=reader.line_num,
            remedy="Look for a stray quote, or a file that was cut off; fetch it again",
        ) from None
    return records


def _check_header(request: ReadRequest, header: list[str], records: int) -> None:
    total, name, period = header[1].strip(), header[2].strip(), header[4].strip()
    if not total.isdigit() or int(total) != records:
        raise request.error(
            f"The header record promises another number of records than the {records} of the file",
            line=1,
            column="total records",
            value=total,
            remedy="Fetch the file again; it may be cut off",
        )
    actual = PurePosixPath(request.address).name
    if name.lower() != actual.lower():
        raise request.error(
            f"The header record names another file than {actual}",
            line=1,
            column="file name",
            value=name,
            remedy="Submit the file under the name in its header record",
        )
    match = _PERIOD.fullmatch(period)
    if match is None or int(match[2]) != request.school_year or int(match[1]) != request.school_year - 1:
        raise request.error(
            f"The reporting period is not {request.school_year - 1}-{request.school_year}",
            line=1,
            column="reporting period",
            value=period,
            remedy="Give the file of the right year",
        )
