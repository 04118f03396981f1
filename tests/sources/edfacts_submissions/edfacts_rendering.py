"""Submission files made from records and a source's layout, and read again; for the tests beside it.

Put here: rendering in three formats, independent of the reader. Not here: what any test expects.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa

from sources.readers.edfacts_submission import read_edfacts_submission
from sources.readers.request import ReadRequest
from sources.registry import Source, discover

YEAR = 2024
PERIOD = "2023-2024"
FRANKLIN_YEAR = 2025
SEPARATORS = {"csv": ",", "tab": "\t"}
Record = Mapping[str, str]


@cache
def submissions() -> dict[str, Source]:
    """The sources of submission files, by id."""
    return {name: s for name, s in discover().items() if s.spec.reader == "edfacts_submission"}


def tables_of(source: Source) -> list[str]:
    return list(source.spec.tables)


@cache
def layout_lines(source_id: str) -> list[dict[str, str]]:
    with (submissions()[source_id].folder / "layout.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def levels(source_id: str, table: str) -> list[str]:
    return list(dict.fromkeys(x["level"] for x in layout_lines(source_id) if x["table"] == table))


def layout(source_id: str, table: str, level: str, year: int = YEAR) -> list[tuple[str, int]]:
    """Columns and lengths of the layout in force."""
    lines = [x for x in layout_lines(source_id) if (x["table"], x["level"]) == (table, level)]
    first = max(int(x["first_year"]) for x in lines if int(x["first_year"]) <= year)
    return [(x["column"], int(x["length"])) for x in lines if int(x["first_year"]) == first]


def file_name(source: Source, table: str, level: str, extension: str) -> str:
    known = source.spec.tables[table].options.get("abbreviations", ("INVENTED",))
    return f"FK{level}{known[0]}v000001.{extension}"


def title(source: Source, table: str, level: str) -> str:
    known = [str(t) for t in source.spec.tables[table].options.get("file_types", ())]
    return next((t for t in known if t.startswith(level)), known[0] if known else "INVENTED FILE")


def render(
    source: Source,
    table: str,
    level: str,
    records: Sequence[Record],
    extension: str = "csv",
    **header: str,
) -> bytes:
    """A file; `header` overrides fields of the header record: title, total, name, identifier, period."""
    columns = layout(source.id, table, level)
    fields = {
        "title": title(source, table, level),
        "total": str(len(records)),
        "name": file_name(source, table, level, extension),
        "identifier": "TEST",
        "period": PERIOD,
        **header,
    }
    if extension == "txt":
        widths = (50, 10, 25, 32, 9)
        lines = ["".join(v.ljust(w) for v, w in zip(fields.values(), widths, strict=True))]
        lines += ["".join(r.get(c, "").ljust(n) for c, n in columns) for r in records]
    else:
        separator = SEPARATORS[extension]
        lines = [separator.join(fields.values())]
        lines += [separator.join(r.get(c, "") for c, _ in columns) for r in records]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def record(number: int, level: str, table: str = "", **columns: str) -> dict[str, str]:
    """A record with the columns that every level's record has."""
    ids = {"SEA": {}, "LEA": {"StateLEAIDNumber": "0010"}}.get(
        level, {"StateLEAIDNumber": "0010", "StateSchoolIDNumber": "00100"}
    )
    first = {"FileRecordNumber": str(number), "FIPSStateCode": "01", "StateAgencyNumber": "01"}
    return {**first, **ids, **({"TableTypeAbbrv": table} if table else {}), **columns}


def read_bytes(
    source: Source, table: str, content: bytes, folder: Path, name: str, year: int = YEAR
) -> pa.Table:
    """What the reader makes of a file under a name."""
    path = folder / "kept"
    path.write_bytes(content)
    headers = tuple(str(line.header("all")) for line in source.columns.of(table))
    return read_edfacts_submission(
        ReadRequest(
            path=path, address=f"drop/{name}", table_name=table, table=source.spec.tables[table],
            headers=headers, release="all", school_year=year, is_restricted=False, folder=source.folder,
        )
    )  # fmt: skip


def read_records(
    source: Source, table: str, level: str, records: Sequence[Record], folder: Path, extension: str = "csv"
) -> pa.Table:
    content = render(source, table, level, records, extension)
    return read_bytes(source, table, content, folder, file_name(source, table, level, extension))
