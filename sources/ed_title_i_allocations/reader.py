"""The department's workbook for a state: LEAs, what goes to no LEA, and text around them, told apart."""

from __future__ import annotations

import re

import pyarrow as pa

from sources.readers.request import LINE, ReadRequest, text_table
from sources.readers.workbook import read_workbook

KIND, ROW, TEXT = "<kind>", "<row>", "<text>"
_OTHER_KINDS = (
    ("part_d_subpart_2", re.compile(r"part\s*d\b", re.IGNORECASE), "99997"),
    ("undistributed", re.compile(r"undistributed", re.IGNORECASE), "99999"),
    ("total", re.compile(r"((grand|state|us) )?totals?:?$", re.IGNORECASE), None),
)


def read_file(request: ReadRequest) -> pa.Table:
    """The rows of the table with their kind, or the text above and below them, by the table asked for."""
    rows = read_workbook(request)
    _require_headers(request, rows.column_names)
    names = [name for name in rows.column_names if name != LINE]
    records = list(zip(rows[LINE].to_pylist(), *(rows[name].to_pylist() for name in names), strict=True))
    if request.table_name == "notes":
        return _notes(request, records)
    kept = [record for record in records if not _is_text(record[1:])]
    columns: list[list[str | None]] = [[record[i + 1] for record in kept] for i in range(len(names))]
    lea_id, label = (names.index(header) + 1 for header in request.headers[1:3])
    kinds: list[str | None] = [_kind(str(record[lea_id] or ""), str(record[label] or "")) for record in kept]
    return text_table([KIND, *names], [kinds, *columns], [record[0] for record in kept])


def _require_headers(request: ReadRequest, found: list[str]) -> None:
    """Name a header that changed: without it no row has a kind."""
    lost = [h for h in request.headers if not h.startswith("<") and h not in found]
    if lost:
        raise request.error(
            f"Missing header {', '.join(map(repr, lost))}; the row has {', '.join(map(repr, found[:-1]))}",
            line=request.table.header_row,
            column=lost[0],
            remedy="Correct header_row in source.yml, or give the new header in columns.csv",
        )


def _notes(request: ReadRequest, records: list[tuple[int, ...]]) -> pa.Table:
    """Rows of text alone: those above the header, and those among the records."""
    found = [(record[0], str(record[1])) for record in records if _is_text(record[1:])]
    found = [*_preamble(request), *found]
    numbers: list[str | None] = [str(line) for line, _ in found]
    texts: list[str | None] = [text for _, text in found]
    return text_table([ROW, TEXT], [numbers, texts], [line for line, _ in found])


def _preamble(request: ReadRequest) -> list[tuple[int, str]]:
    """What stands above the header: as many rows as the header is below the first."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(request.path))
    sheet = book.get_sheet_by_index(int(request.table.sheet or 1) - 1).to_python(skip_empty_area=False)
    above = sheet[: request.table.header_row - 1]
    texts = [" ".join(str(cell).strip() for cell in row if str(cell).strip()) for row in above]
    return [(number, text) for number, text in enumerate(texts, start=1) if text]


def _is_text(cells: tuple[object, ...]) -> bool:
    """Whether only the first cell says anything, and it is no id: a note."""
    first, *others = (str(cell or "") for cell in cells)
    return not any(others) and not first.isdigit()


def _kind(lea_id: str, label: str) -> str:
    """What a row is: by its label, else by the id that the department gives it, else an LEA."""
    for kind, pattern, ending in _OTHER_KINDS:
        if pattern.match(label or lea_id) or (ending is not None and lea_id.endswith(ending)):
            return kind
    return "lea" if lea_id else ""
