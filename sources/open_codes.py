"""Code lists that are open: the codes known are translated, any other is taken as it stands, and told.

Put here: which codes of a file are on no list. Not here: translating them (`values`).

A list is open where its publisher's whole list was not available: `code(F=female|*=*)`.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sources.columns import ColumnLine

OPEN = "*"
SHOWN = 8


def is_open(line: ColumnLine) -> bool:
    """Whether a column takes codes that its list does not name."""
    return line.type.kind == "code" and OPEN in _known(line)


def unlisted_codes(cells: pa.Table, lines: tuple[ColumnLine, ...], release: str) -> list[str]:
    """A sentence per column that has codes of no list, naming them; not for sources about single students."""
    said = []
    for line in (x for x in lines if is_open(x)):
        header = str(line.header(release))
        present = {str(text).strip() for text in pc.unique(cells[header]).to_pylist() if text is not None}
        strange = sorted(present - set(_known(line)) - {""})
        if strange:
            more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
            said.append(
                f"{header}: no code list is held for {', '.join(strange[:SHOWN])}{more}; taken as written"
            )
    return said


def _known(line: ColumnLine) -> list[str]:
    return [pair.split("=", 1)[0] for pair in line.type.argument.split("|")]
