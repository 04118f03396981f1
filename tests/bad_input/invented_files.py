"""One invented source for each shared reader, and one with a reader of its own, each with a good file.

Put here: small files that have ids with zeros, marks, ranges, quotes and letters beyond ASCII.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from invented_workbooks import xls, xlsx
from wellformed import GoodFile

from sources.registry import discover
from sources.snapshot import Snapshot
from warehouse.model.agency import ReleaseSettings

YEAR = 2025
SOURCE_YML = """\
id: {id}
title: Invented
publisher: Franklin Department of Education (invented)
licence: invented
family: student_performance
cadence: annual
expected_lag_days: 90
owner: student-data
contact: nobody
privacy: public
reader: {reader}
tables:
  counts:
    key: {key}
    {table}
provides: []
bounds: {{key_errors: 0, value_errors: 0.5}}
"""
COLUMNS = """\
table,column,type,member,required,all
counts,school_code,id([0-9]{7}),,yes,School Code
counts,school_name,text,,yes,School Name
counts,grade,code(KG=kg|1=01|2=02),,yes,Grade
counts,students,count,,yes,Students
counts,absent,ranged(count),,no,Absent
counts,rate,rate,,no,Rate
counts,counted_on,date(%Y-%m-%d),,yes,Counted
counts,spent_usd,money,,no,Spent
counts,note,ignored,,no,Note
"""
HEADER = ["School Code", "School Name", "Grade", "Students", "Absent", "Rate", "Counted", "Spent", "Note"]
ROWS = [
    [f"{n:07d}", f"Peña School {n}", ("KG", "1", "2")[n % 3], str(100 + n), ("<10", "*", str(n))[n % 3],
     ("GE95", "PS", "21-39", "47.5")[n % 4], "2025-10-01", f"{n * 1000}.50", "x"]
    for n in range(1, 25)
]  # fmt: skip
MARKED = 'markers: {"*": suppressed}'
LAYOUT_HEADER = "table,level,first_year,column,start,length,required,codes\n"


@dataclass(frozen=True)
class Recipe:
    """A source and its good file."""

    reader: str
    name: str
    content: bytes
    columns: str = COLUMNS
    key: str = "[school_code]"
    table: str = MARKED
    extra: dict[str, str] = field(default_factory=dict)


def invented_files(folder: Path) -> Iterator[GoodFile]:
    """The good files, each of a source that the registry finds."""
    recipes = list(_recipes())
    for number, recipe in enumerate(recipes):
        source_id = f"invented_{recipe.reader}_{number}"
        place = folder / str(number) / source_id
        place.mkdir(parents=True)
        text = SOURCE_YML.format(id=source_id, reader=recipe.reader, key=recipe.key, table=recipe.table)
        for name, content in {"source.yml": text, "columns.csv": recipe.columns, **recipe.extra}.items():
            (place / name).write_text(content, encoding="utf-8")
        file = folder / str(number) / recipe.name
        file.write_bytes(recipe.content)
        digest = hashlib.sha256(recipe.content).hexdigest()
        snapshot = Snapshot(source_id, YEAR, "counts", digest, recipe.name, "2025", len(recipe.content), file)
        release = ReleaseSettings(school_years=(YEAR,), files=(recipe.name,))
        yield GoodFile(discover(place.parent)[source_id], release, "counts", snapshot, ())


def _recipes() -> Iterator[Recipe]:
    yield Recipe("delimited", "counts.csv", _csv(","))
    yield Recipe("delimited", "counts.tab", _csv("\t"), table=MARKED + '\n    delimiter: "\\t"')
    yield Recipe("delimited", "quoted.csv", _csv(",", always=True))
    latin = MARKED + "\n    encoding: cp1252\n    header_row: 3"
    yield Recipe("delimited", "latin.csv", b"Franklin\r\n\r\n" + _csv(",", encoding="cp1252"), table=latin)
    yield Recipe("workbook", "counts.xlsx", xlsx(("Counts of schools",), tuple(HEADER), *map(tuple, ROWS)),
                 table=MARKED + "\n    header_row: 2")  # fmt: skip
    cells = {(r, c): text for r, row in enumerate([HEADER, *ROWS]) for c, text in enumerate(row)}
    yield Recipe("workbook", "counts.xls", xls(cells))
    for reader in ("parquet", "database"):
        query = "\n    query: SELECT 1" if reader == "database" else ""
        yield Recipe(reader, "counts.parquet", _parquet(), table=MARKED + query)
    for extension in ("csv", "tab", "txt"):
        yield _submission(extension)
    yield _fixed_width()
    yield _json_records()
    yield _edsight()
    yield _custom()


def _csv(delimiter: str, *, always: bool = False, encoding: str = "utf-8") -> bytes:
    rows = [[f'"{cell}"' if always else cell for cell in row] for row in [HEADER, *ROWS]]
    return "".join(delimiter.join(row) + "\r\n" for row in rows).encode(encoding)


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(HEADER, map(list, zip(*ROWS, strict=True)), strict=True))), out)
    return out.getvalue()


def _submission(extension: str) -> Recipe:
    name = f"FKSCHINVENTEDv000001.{extension}"
    fields = [("FileRecordNumber", 10), ("FIPSStateCode", 2), ("StateSchoolIDNumber", 7), ("Filler1", 5),
              ("Grade", 15), ("Amount", 10)]  # fmt: skip
    layout, start = LAYOUT_HEADER, 1
    for column, length in fields:
        required = "no" if column == "Filler1" else "yes"
        layout += f"counts,SCH,2025,{column},{start},{length},{required},\n"
        start += length
    records = [(str(n), "88", f"{n:07d}", "", f"{n % 9 + 1:02d}", str(n * 3)) for n in range(1, 25)]
    head = ("INVENTED COUNTS", str(len(records)), name, "FS999", "2024-2025")
    if extension == "txt":
        lines = ["".join(text.ljust(width) for text, width in zip(head, (50, 10, 25, 32, 9), strict=True))]
        widths = [length for _, length in fields]
        lines += ["".join(t.ljust(w) for t, w in zip(r, widths, strict=True)) for r in records]
    else:
        lines = [("," if extension == "csv" else "\t").join(cells) for cells in (head, *records)]
    columns = (
        "table,column,type,member,required,all\n"
        "counts,record_number,count,,yes,FileRecordNumber\n"
        "counts,state,id(88),,yes,FIPSStateCode\n"
        "counts,level,ignored,,no,<level>\n"
        "counts,school_code,id([0-9]{7}),,yes,StateSchoolIDNumber\n"
        "counts,grade,id(0[1-9]),,yes,Grade\n"
        "counts,students,count,,yes,Amount\n"
    )
    content = "".join(f"{line}\r\n" for line in lines).encode()
    extra = {"layout.csv": layout}
    return Recipe("edfacts_submission", name, content, columns, table="layout: layout.csv", extra=extra)


def _fixed_width() -> Recipe:
    layout = LAYOUT_HEADER + (
        "counts,,2025,school_code,1,7,yes,\ncounts,,2025,filler_1,8,2,no,\n"
        "counts,,2025,grade,10,2,yes,\ncounts,,2025,students,12,6,yes,\n"
    )
    columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,school_code\n"
        "counts,grade,code(KG=kg|01=01|02=02),,yes,grade\n"
        "counts,students,count,,yes,students\n"
    )
    lines = [f"{n:07d}  {('KG', '01', '02')[n % 3]}{n * 7:6d}\r\n" for n in range(1, 25)]
    extra = {"layout.csv": layout}
    content = "".join(lines).encode()
    return Recipe("fixed_width", "counts.txt", content, columns, table="layout: layout.csv", extra=extra)


def _json_records() -> Recipe:
    columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,school.id\n"
        "counts,school_name,text,,yes,school.name\n"
        "counts,students,count,,yes,students\n"
        "counts,counted_on,date(%Y-%m-%d),,yes,countedOn\n"
    )
    records = [
        {"school": {"id": row[0], "name": row[1]}, "students": int(row[3]), "countedOn": row[6]}
        for row in ROWS
    ]
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    return Recipe("json_records", "counts.jsonl", content, columns, table="rows: {minimum: 0}")


def _edsight() -> Recipe:
    columns = (
        "table,column,type,member,required,all\n"
        "counts,organization_code,id([0-9]{7}),,yes,<code>\n"
        "counts,organization_name,text,,yes,<name>\n"
        "counts,absent_percent,percent,,yes,% Absent\n"
    )
    lines = [
        "Invented Absence, 2024-25",
        "All Districts, All Students",
        "",
        "District,District Code,% Absent",
    ]
    lines += [f'"District, {n}","=""{n:07d}""",{"*" if n == 3 else n}' for n in range(1, 25)]
    content = "".join(f"{line}\r\n" for line in lines).encode()
    table = MARKED + ("\n    options: {title: Invented Absence, title_labels: {all-students: All Students}}")
    name = "invented-absence__2024-25_all-students.csv"
    return Recipe("edsight", name, content, columns, "[organization_code]", table)


def _custom() -> Recipe:
    reader = (
        "import json\nfrom sources.readers.request import text_table\n\n"
        "def read_file(request):\n"
        "    try:\n"
        "        rows = json.loads(request.path.read_text(encoding='utf-8'))['rows']\n"
        "        cells = [[row[n] for row in rows] for n in range(3)]\n"
        "        lines = list(range(1, len(rows) + 1))\n"
        "        return text_table(['School Code', 'Grade', 'Students'], cells, lines)\n"
        "    except (ValueError, KeyError, TypeError, IndexError, RecursionError):\n"
        "        raise request.error('Not a list of rows in JSON', remedy='Fetch it again') from None\n"
    )
    columns = (
        "table,column,type,member,required,all\n"
        "counts,school_code,id([0-9]{7}),,yes,School Code\n"
        "counts,grade,code(KG=kg|1=01|2=02),,yes,Grade\n"
        "counts,students,count,,yes,Students\n"
    )
    content = json.dumps({"rows": [[row[0], row[2], row[3]] for row in ROWS]}).encode()
    return Recipe(
        "custom", "counts.json", content, columns, table="rows: {minimum: 0}", extra={"reader.py": reader}
    )
