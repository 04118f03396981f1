"""Damage to headers and cells, as spreadsheets, people and other programs do it.

Put here: damage to a grid. Not here: damage to bytes and lines (`mutations`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from grids import Grid, grid_of
from mutations import KINDS, Broken
from wellformed import GoodFile

NUMBERS = ("count", "integer", "decimal", "percent", "money", "rate", "ranged")
TYPED = (*NUMBERS, "id", "code", "date", "boolean")
Change = Callable[[Grid, random.Random], bool | None]


def cells(change: Change) -> Change:
    """A kind of mutation from a change of a grid, which answers whether it is detectable."""

    def damage(file: GoodFile, chance: random.Random) -> Broken:
        grid = grid_of(file)
        if grid is None or not grid.rows:
            return None
        changed = grid.copy()
        detectable = change(changed, chance)
        return None if detectable is None else (file.with_content(changed.to_bytes()), detectable)

    KINDS[change.__name__] = damage
    return change


def has_header(grid: Grid) -> bool:
    return not grid.extra.get("none")


# ---- headers


@cells
def rewritten_as_it_is(grid: Grid, chance: random.Random) -> bool:
    return True


@cells
def header_renamed(grid: Grid, chance: random.Random) -> bool | None:
    at = chance.randrange(len(grid.header))
    grid.header[at] = f"{grid.header[at]} (revised)"
    return True if has_header(grid) else None


@cells
def header_named_twice(grid: Grid, chance: random.Random) -> bool | None:
    if len(grid.header) < 2 or not has_header(grid):
        return None
    first, second = chance.sample(range(len(grid.header)), 2)
    grid.header[first] = grid.header[second]
    return True


@cells
def header_emptied(grid: Grid, chance: random.Random) -> bool | None:
    grid.header[chance.randrange(len(grid.header))] = ""
    return True if has_header(grid) else None


@cells
def column_added(grid: Grid, chance: random.Random) -> bool:
    at = chance.randrange(len(grid.header) + 1)
    for row in [grid.header, *grid.rows]:
        row.insert(at, "Note" if row is grid.header else "x")
    return True


@cells
def column_missing(grid: Grid, chance: random.Random) -> bool | None:
    if len(grid.header) < 2:
        return None
    at = chance.randrange(len(grid.header))
    unpivot = grid.file.spec.unpivot
    # One of many columns that hold data is only missed where source.yml says how many there are.
    is_block = unpivot is not None and re.fullmatch(unpivot.pattern, grid.header[at]) is not None
    for row in [grid.header, *grid.rows]:
        del row[at]
    return not is_block


@cells
def headers_moved_by_one(grid: Grid, chance: random.Random) -> bool | None:
    """The header row slipped to the side; when every column takes any text nobody can see it."""
    if len(grid.header) < 3 or not has_header(grid):
        return None
    grid.header = [*grid.header[1:], grid.header[0]]
    return False


@cells
def columns_in_another_order(grid: Grid, chance: random.Random) -> bool | None:
    order = list(range(len(grid.header)))
    chance.shuffle(order)
    grid.header = [grid.header[n] for n in order]
    grid.rows = [[row[n] for n in order] for row in grid.rows]
    return True if has_header(grid) else None


@cells
def header_row_missing(grid: Grid, chance: random.Random) -> bool | None:
    grid.header = list(grid.rows.pop(0))
    return True if has_header(grid) else None


# ---- rows


@cells
def cells_moved_to_the_right(grid: Grid, chance: random.Random) -> bool:
    """A stray delimiter in one row."""
    row = chance.choice(grid.rows)
    row.insert(chance.randrange(len(row)), "x")
    # A table of a database or Parquet has no room for one cell more.
    return grid.file.shape != "parquet"


@cells
def cell_missing_in_a_row(grid: Grid, chance: random.Random) -> bool | None:
    """A lost delimiter in one row; in a sheet the last cell is blank then."""
    row = chance.choice(grid.rows)
    if len(row) < 2:
        return None
    del row[chance.randrange(len(row))]
    return grid.file.shape == "text"


@cells
def row_twice(grid: Grid, chance: random.Random) -> bool | None:
    if grid.file.spec.repeats is not None:
        return None
    row = chance.choice(grid.rows)
    grid.rows.insert(chance.randrange(len(grid.rows)), list(row))
    return True


@cells
def all_rows_twice(grid: Grid, chance: random.Random) -> bool | None:
    grid.rows += [list(row) for row in grid.rows]
    return True if grid.file.spec.repeats is None else None


@cells
def header_again_among_rows(grid: Grid, chance: random.Random) -> bool | None:
    if not has_header(grid):
        return None
    grid.rows.insert(chance.randrange(len(grid.rows)), list(grid.header))
    return bool(grid.columns(*TYPED))


@cells
def total_row_at_the_end(grid: Grid, chance: random.Random) -> bool | None:
    row = list(grid.rows[-1])
    texts = grid.columns("id", "text", "code")
    if not texts:
        return None
    at = texts[0]
    row[at] = "Total"
    grid.rows.append(row)
    return grid.kind(at) in ("id", "code") and not re.fullmatch(_pattern(grid, at), "Total")


@cells
def footnote_row(grid: Grid, chance: random.Random) -> bool | None:
    note = [
        "Note: figures are provisional",
        *[None if grid.file.shape == "xlsx" else ""] * (len(grid.header) - 1),
    ]
    grid.rows.append(note)
    required = [n for n in grid.columns(*TYPED) if grid.is_required(n) and n > 0]
    is_marked = "" in grid.file.spec.markers or any(grid.kind(n) in ("rate", "ranged") for n in required)
    return (bool(required) and not is_marked) or grid.kind(0) in ("count", "date", *NUMBERS)


@cells
def rows_in_another_order(grid: Grid, chance: random.Random) -> bool | None:
    chance.shuffle(grid.rows)
    return None if grid.file.spec.header == "none" else True


@cells
def row_lost(grid: Grid, chance: random.Random) -> bool | None:
    if len(grid.rows) < 2:
        return None
    del grid.rows[chance.randrange(len(grid.rows))]
    return False


# ---- cells


def _pattern(grid: Grid, column: int) -> str:
    """What a cell of an id or code column may be."""
    argument = grid.argument(column)
    if grid.kind(column) == "id":
        return argument
    if "*=" in argument:
        return ".*"
    return "|".join(re.escape(pair.split("=", 1)[0]) for pair in argument.split("|"))


def _in_id(grid: Grid, chance: random.Random, change: Callable[[str], str | None]) -> bool | None:
    places = [(row, n) for row in grid.rows for n in grid.columns("id") if n < len(row) and row[n]]
    chance.shuffle(places)
    for row, n in places:
        text = change(str(row[n]))
        if text is not None and text != str(row[n]):
            row[n] = text
            return re.fullmatch(_pattern(grid, n), text.strip()) is None
    return None


@cells
def zeros_lost_in_an_id(grid: Grid, chance: random.Random) -> bool | None:
    return _in_id(grid, chance, lambda text: text.lstrip("0") if text.startswith("0") else None)


@cells
def id_in_scientific_notation(grid: Grid, chance: random.Random) -> bool | None:
    return _in_id(grid, chance, lambda text: f"{int(text):.5E}" if text.isdecimal() else None)


@cells
def id_with_decimals(grid: Grid, chance: random.Random) -> bool | None:
    return _in_id(grid, chance, lambda text: f"{text}.0" if text.isdecimal() else None)


@cells
def id_inside_a_formula(grid: Grid, chance: random.Random) -> bool | None:
    # A sheet takes this text for a formula, which has no value then.
    return _in_id(grid, chance, lambda text: f'="{text}"')


@cells
def id_with_an_apostrophe(grid: Grid, chance: random.Random) -> bool | None:
    return _in_id(grid, chance, lambda text: f"'{text}")


def _in_number(grid: Grid, chance: random.Random, change: Callable[[str], str | None]) -> bool | None:
    places = [(row, n) for row in grid.rows for n in grid.columns(*NUMBERS) if n < len(row)]
    places = [(row, n) for row, n in places if re.search("[0-9]", str(row[n]))]
    places = [(row, n) for row, n in places if str(row[n]) not in grid.file.spec.markers]
    if not places:
        return None
    row, n = chance.choice(places)
    text = change(str(row[n]))
    if text is None:
        return None
    row[n] = text
    return True


@cells
def letter_for_a_digit(grid: Grid, chance: random.Random) -> bool | None:
    return _in_number(grid, chance, lambda text: re.sub("[0-9]", "O", text, count=1))


@cells
def number_with_a_unit(grid: Grid, chance: random.Random) -> bool | None:
    return _in_number(grid, chance, lambda text: f"{text} students")


@cells
def decimal_comma(grid: Grid, chance: random.Random) -> bool | None:
    return _in_number(grid, chance, lambda text: f"{re.sub('[^0-9]', '', text)[:2]},5")


@cells
def error_for_a_number(grid: Grid, chance: random.Random) -> bool | None:
    detectable = _in_number(grid, chance, lambda text: "#VALUE!")
    return None if "#VALUE!" in grid.file.spec.markers else detectable


@cells
def mark_that_is_not_declared(grid: Grid, chance: random.Random) -> bool | None:
    return None if "§" in grid.file.spec.markers else _in_number(grid, chance, lambda text: "§")


@cells
def plausible_digit(grid: Grid, chance: random.Random) -> bool | None:
    places = [(row, n) for row in grid.rows for n in grid.columns(*NUMBERS) if n < len(row)]
    places = [(row, n) for row, n in places if re.fullmatch("[1-8][0-9]*", str(row[n]))]
    if not places:
        return None
    row, n = chance.choice(places)
    row[n] = str(int(str(row[n])) + 1)
    return False


@cells
def required_cell_emptied(grid: Grid, chance: random.Random) -> bool | None:
    kinds = ["id", "code", "date", "boolean"] + ([] if "" in grid.file.spec.markers else ["count", "money"])
    columns = [n for n in grid.columns(*kinds) if grid.is_required(n)]
    if not columns:
        return None
    chance.choice(grid.rows)[chance.choice(columns)] = None if grid.file.shape == "xlsx" else ""
    return True


@cells
def unknown_code(grid: Grid, chance: random.Random) -> bool | None:
    columns = [n for n in grid.columns("code", "boolean", "date") if "*=" not in grid.argument(n)]
    if not columns:
        return None
    chance.choice(grid.rows)[chance.choice(columns)] = "no such thing"
    return True


@cells
def day_and_month_changed(grid: Grid, chance: random.Random) -> bool | None:
    """A date that a program wrote in its own way."""
    columns = grid.columns("date")
    if not columns:
        return None
    chance.choice(grid.rows)[chance.choice(columns)] = "31.12.24"
    return True
