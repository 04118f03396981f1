"""The three formats of a submission file say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from edfacts_rendering import file_name, layout, levels, read_bytes, render, submissions, tables_of

from sources.readers.request import LINE

EVERY = [(name, table) for name, source in sorted(submissions().items()) for table in tables_of(source)]


def records_of(source_id: str, table: str, level: str) -> list[dict[str, str]]:
    """The records of a source's golden files, by their column names; each format cut in its own plain way."""
    source = submissions()[source_id]
    columns = layout(source_id, table, level)
    found: list[dict[str, str]] = []
    for path in (source.folder / "golden").glob(f"FK{level}*"):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            if path.suffix == ".txt":
                ends = [sum(n for _, n in columns[: at + 1]) for at in range(len(columns))]
                cells = [line[e - n : e].strip() for e, (_, n) in zip(ends, columns, strict=True)]
            else:
                cells = line.split("," if path.suffix == ".csv" else "\t")
            found.append({c: cell for (c, _), cell in zip(columns, cells, strict=True) if cell})
    return found


@pytest.mark.parametrize(("source_id", "table"), EVERY)
def test_csv_tab_and_fixed_width_give_the_same_rows(source_id: str, table: str, tmp_path: Path) -> None:
    source = submissions()[source_id]
    for level in levels(source_id, table):
        records = records_of(source_id, table, level)
        # Names of a directory have commas, which no csv submission can hold.
        plain = [{c: v.replace(",", ";") for c, v in record.items()} for record in records]
        tables = []
        for extension in ("csv", "tab", "txt"):
            content = render(source, table, level, plain, extension)
            name = file_name(source, table, level, extension)
            tables.append(read_bytes(source, table, content, tmp_path, name))
        assert tables[0].num_rows == len(records) > 0
        assert tables[0].equals(tables[1]) and tables[0].equals(tables[2])
        for place, record in enumerate(plain):
            for column, text in record.items():
                assert tables[0][column][place].as_py() == text
        assert tables[0][LINE].to_pylist() == list(range(2, len(records) + 2))
