"""Delimited text of regular quoting, cut into columns at the speed of Arrow.

Put here: proving that a file is cut alike by every parser, and cutting it then.
Not here: what is wrong with any other file, which `delimited` tells by reading it line by line.

Regular is a file whose every quote opens a cell, closes one, or is one of a pair inside a cell, whose records
are not too long, and whose records have equally many cells. Which parts are quoted is then a question of
whether the number of quotes before them is odd, and no parser can see it otherwise.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pc

from sources.readers.limits import BLOCK, Bytes, line_ends

QUOTE = ord('"')
_ENDS = (10, 13)
# Of one record: no cell in it can be longer than the csv module's limit for a cell.
LONGEST_RECORD = csv.field_size_limit()
# Arrow cuts a file in blocks, and a record has to fit in one.
ARROW_BLOCK = 4 * 2**20
LARGEST_BLOCK = 2**31 - 1


@dataclass(frozen=True)
class Structure:
    """Where the records of a regular file are.

    Attributes:
        begins: First byte of each record, blank ones left out.
        ends: The last byte of its line end.
        lines: The physical line, from 1, in which it begins.
        newlines_inside: Whether a cell has a line end in it.
    """

    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    newlines_inside: bool


def structure_of(content: Bytes, delimiter: str) -> Structure | None:
    """The structure of a file that is regular; None for any other."""
    if len(content) == 0 or content[-1] not in _ENDS or len(delimiter) != 1 or not delimiter.isascii():
        return None
    outside, numbers, quotes, line = [], [], 0, 0
    for start in range(0, len(content), BLOCK):
        stop = min(start + BLOCK, len(content))
        block = content[start:stop]
        if not block.all():  # a NUL
            return None
        found = np.flatnonzero(block == QUOTE) + start
        if not _are_regular(content, found, quotes, ord(delimiter)):
            return None
        ends = line_ends(content, start, stop)
        is_outside = (np.searchsorted(found, ends) + quotes) % 2 == 0
        outside.append(ends[is_outside])
        numbers.append(np.flatnonzero(is_outside) + line + 1)
        quotes += len(found)
        line += len(ends)
    if quotes % 2:
        return None
    return _structure(content, np.concatenate(outside), np.concatenate(numbers), line)


def _structure(
    content: Bytes, ends: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], lines: int
) -> Structure | None:
    begins = np.append(0, ends[:-1] + 1)
    first = np.append(1, numbers[:-1] + 1)
    if (ends - begins).max(initial=0) > LONGEST_RECORD:
        return None
    is_blank = (content[begins] == 10) | (content[begins] == 13)
    return Structure(begins[~is_blank], ends[~is_blank], first[~is_blank], lines > len(ends))


def _are_regular(content: Bytes, quotes: npt.NDArray[np.int64], before: int, delimiter: int) -> bool:
    """Whether each quote stands where a cell begins or ends, or beside the other one of a pair.

    `before` is the number of quotes before these: the next one opens when it is even.
    """
    if len(quotes) == 0:
        return True
    opens = (np.arange(len(quotes)) + before) % 2 == 0
    last = len(content) - 1
    left = np.where(quotes == 0, 10, content[np.maximum(quotes - 1, 0)])
    right = np.where(quotes == last, 10, content[np.minimum(quotes + 1, last)])
    beside = np.where(opens, left, right)
    return bool(np.isin(beside, np.array([delimiter, QUOTE, *_ENDS], dtype=np.uint8)).all())


def cut(content: Bytes, structure: Structure, first: int, delimiter: str, width: int) -> pa.Table | None:
    """The records from `first` on as columns of text; None when Arrow does not cut them into `width` cells.

    Args:
        content: The whole file in UTF-8.
        structure: Its structure.
        first: The index of the first record wanted.
        delimiter: Between cells.
        width: How many cells each record must have.
    """
    names = [str(n) for n in range(width)]
    if first >= len(structure.begins):
        return pa.table({name: pa.array([], pa.string()) for name in names})
    rest = content[structure.begins[first] :]
    # Where a CR LF inside a cell falls on the border of two blocks, Arrow 26 loses the LF: no border then.
    has_border = structure.newlines_inside and bool((rest == 13).any())
    block_size = max(ARROW_BLOCK, len(rest)) if has_border else ARROW_BLOCK
    if block_size > LARGEST_BLOCK:
        return None
    body = pa.py_buffer(rest)
    try:
        table = pc.read_csv(
            pa.BufferReader(body),
            read_options=pc.ReadOptions(column_names=names, block_size=block_size),
            parse_options=pc.ParseOptions(
                delimiter=delimiter, newlines_in_values=structure.newlines_inside, ignore_empty_lines=True
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == len(structure.begins) - first else None
