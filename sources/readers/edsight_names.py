"""What the name of an EdSight export promises, and whether its title lines keep the promise.

Put here: file names, title lines and the labels that link them. Not here: the table below them (`edsight`),
or which labels a product has (`options` of its source.yml).

A name is `<product>__<school year>_<label>_<label>.csv`, as in `chronic-absenteeism__2011-12_ell_ct.csv`. The
first title line is `<title>, <school year>`; the second lists organizations, subject, grades and group. Some
products title each file by its labels, and some write the school year in a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePath

from sources.spec import TableSpec
from warehouse.model.errors import SpmError

STATE_TITLE = "State of Connecticut"
# EdSight is not at one with itself: a file of all schools may be titled "All Schools" or "All Districts", a
# file of districts "All Districts" or nothing.
LEVEL_TITLES = {
    "state": (STATE_TITLE,),
    "district": ("", "All Districts"),
    "school": ("All Schools", "All Districts", "All Districts, All Schools"),
}
MAPS = (
    "title_labels",
    "first_titles",
    "band_labels",
    "variant_labels",
    "group_headers",
    "grade_headers",
    "organization_headers",
)
TEXTS = ("title", "state_title", "codes", "year_line", "continued", "total_row", "column_cells")
LISTS = ("total_headers", "grade_bands", "row_headers")
LEVEL_LABELS = {"ct": "state", "all-schools": "school"}
_NAME = re.compile(
    r"(?P<product>[a-z-]+)__(?P<start>[0-9]{4})-(?P<end>[0-9]{2})(?P<labels>(?:_[a-z0-9-]+)*)\.csv"
)


@dataclass(frozen=True)
class Vocabulary:
    """What one product's labels mean, from `options` of its table in source.yml.

    Attributes:
        title: How the first title line begins.
        state_title: The same in files of the state, where it is another.
        title_labels: Label -> words of the second title line, in the order of that line's parts.
        first_titles: Label -> words that end the first title line; {level} stands for District or School.
        band_labels: Label -> band that must stand over the columns.
        variant_labels: Label -> words in parentheses after the title.
        group_headers: Words of the second title line -> header of the column that names the student group.
        grade_headers: The same for the grade.
        organization_headers: Level -> header of the first column, where it is not District or Organization.
        has_codes: Whether organizations have a code beside their name.
        has_year_line: Whether the school year stands in the last title line, alone.
        is_continued: Whether a blank first cell stands for the name above it.
        total_row: Name of the row that holds the state's total in a file of districts.
        column_cells: Header to give to the cells of a file whose columns are groups; one row each then.
        total_headers: Columns and rows of such a file that are the total of the others.
        grade_bands: Bands and headers of such a file that stand for grades; others stand for groups.
        row_headers: Headers of the first column of a cross table of the state: its rows are groups as well.
    """

    title: str
    title_labels: Mapping[str, str]
    first_titles: Mapping[str, str]
    band_labels: Mapping[str, str]
    variant_labels: Mapping[str, str]
    group_headers: Mapping[str, str]
    grade_headers: Mapping[str, str]
    organization_headers: Mapping[str, str]
    has_codes: bool
    has_year_line: bool
    is_continued: bool
    state_title: str | None
    total_row: str | None
    column_cells: str | None
    total_headers: tuple[str, ...]
    grade_bands: tuple[str, ...]
    row_headers: tuple[str, ...]


@dataclass(frozen=True)
class ExportName:
    """What a file's name promises.

    Attributes:
        file: The name, for messages.
        year_text: School year as EdSight writes it, `2011-12`.
        school_year: Its spring year.
        level: state, district or school.
        labels: What the name says beside product, year and level, as it is written there.
        words: Words of the second title line, in order, without organizations.
        ending: Words that end the first title line; empty when the name promises none.
        band: Band over the columns; None when the name promises none.
        variant: Words in parentheses after the title; None when the name promises none.
    """

    file: str
    year_text: str
    school_year: int
    level: str
    labels: str
    words: tuple[str, ...]
    ending: str
    band: str | None
    variant: str | None


def vocabulary(table: TableSpec) -> Vocabulary:
    """The vocabulary of a table, from its options.

    Raises:
        SpmError: An option is missing or has the wrong shape.
    """
    texts, maps, lists = _options(table)
    title = str(texts["title"])
    words = {name: _labels(given) for name, given in maps.items()}
    sets = {name: _list(given) for name, given in lists.items()}
    return Vocabulary(
        title=title,
        title_labels=words["title_labels"],
        first_titles=words["first_titles"],
        band_labels=words["band_labels"],
        variant_labels=words["variant_labels"],
        group_headers=words["group_headers"],
        grade_headers=words["grade_headers"],
        organization_headers=words["organization_headers"],
        has_codes=texts["codes"] != "no",
        has_year_line=texts["year_line"] == "yes",
        is_continued=texts["continued"] == "yes",
        state_title=_text(texts["state_title"]),
        total_row=_text(texts["total_row"]),
        column_cells=_text(texts["column_cells"]),
        total_headers=sets["total_headers"],
        grade_bands=sets["grade_bands"],
        row_headers=sets["row_headers"],
    )


def _options(table: TableSpec) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
    """A table's options by their shape: texts, mappings and lists; what is not given is empty."""
    options: dict[str, object] = dict(table.options)
    texts = {name: options.pop(name, None) for name in TEXTS}
    maps = {name: options.pop(name, {}) for name in MAPS}
    lists = {name: options.pop(name, ()) for name in LISTS}
    if (
        options
        or not isinstance(texts["title"], str)
        or not all(isinstance(m, dict) for m in maps.values())
        or not all(isinstance(x, tuple) for x in lists.values())
        or not all(t is None or isinstance(t, str) for t in texts.values())
    ):
        raise SpmError(
            "The options of an EdSight table do not make sense",
            file="source.yml",
            column="options",
            value=", ".join(sorted(options)) or None,
            remedy=f"Give texts {', '.join(TEXTS)}; mappings {', '.join(MAPS)}; lists {', '.join(LISTS)}",
        )
    return texts, maps, lists


def _text(given: object) -> str | None:
    return given if isinstance(given, str) else None


def _list(given: object) -> tuple[str, ...]:
    return tuple(str(x) for x in given) if isinstance(given, tuple) else ()


def _labels(given: object) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}


def read_name(address: str, words: Vocabulary) -> ExportName:
    """What the name of the file at `address` promises.

    Raises:
        SpmError: The name does not follow EdSight's pattern, or has a label that the source does not know.
    """
    match = _NAME.fullmatch(PurePath(address).name)
    if match is None:
        raise SpmError(
            "Not the name of an EdSight export",
            file=address,
            remedy="Name it <product>__<2011-12>_<labels>.csv as EdSight does, or list it in ignored_files",
        )
    start = int(match["start"])
    if (start + 1) % 100 != int(match["end"]):
        raise SpmError(
            "The file's name has no school year",
            file=address,
            value=f"{match['start']}-{match['end']}",
            remedy="A school year is two years running, such as 2011-12",
        )
    level, band, variant, ending = "district", None, None, ""
    found: set[str] = set()
    said = _split(address, match["labels"], words)
    for label in said:
        level = LEVEL_LABELS.get(label, level)
        band = words.band_labels.get(label, band)
        variant = words.variant_labels.get(label, variant)
        ending = words.first_titles.get(label, ending)
        found.add(label)
    return ExportName(
        file=address,
        year_text=f"{start}-{match['end']}",
        school_year=start + 1,
        level=level,
        labels="_".join(label for label in said if label not in LEVEL_LABELS),
        words=tuple(text for label, text in words.title_labels.items() if label in found),
        ending=ending,
        band=band,
        variant=variant,
    )


def _split(address: str, text: str, words: Vocabulary) -> list[str]:
    """The labels of a name. A label may hold an underscore itself: the longest known one is meant."""
    known = {
        *LEVEL_LABELS,
        *words.band_labels,
        *words.variant_labels,
        *words.title_labels,
        *words.first_titles,
    }
    parts = text.split("_")[1:]
    labels: list[str] = []
    while parts:
        count = next((n for n in range(len(parts), 0, -1) if "_".join(parts[:n]) in known), None)
        if count is None:
            raise SpmError(
                "The file's name has a label that the source does not know",
                file=address,
                value=parts[0],
                remedy="Add it to the labels in source.yml with its title, or list the file in ignored_files",
            )
        labels.append("_".join(parts[:count]))
        parts = parts[count:]
    return labels


def check_titles(titles: list[str], name: ExportName, words: Vocabulary) -> None:
    """Compare the title lines of a file with its name.

    Raises:
        SpmError: The file is of another year, product, organization level or group than its name says.
    """
    wanted = _first_title(name, words)
    if titles[0] != wanted:
        raise SpmError(
            f"The file's first title does not say {wanted!r}, as its name promises",
            file=name.file,
            line=1,
            value=titles[0],
            remedy="The file is of another year or kind; fetch the right one, or name it after its content",
        )
    titles = titles[1:]
    if words.has_year_line and (year := titles.pop() if titles else None) != name.year_text:
        raise SpmError(
            f"The file's last title does not say {name.year_text!r}, as its name promises",
            file=name.file,
            line=len(titles) + 2,
            value=year,
            remedy="The file is of another year; fetch the right one, or name it after its content",
        )
    allowed = {
        ", ".join(part for part in parts if part)
        for parts in product(LEVEL_TITLES[name.level], *((text,) for text in name.words))
    }
    said = ", ".join(part for line in titles if (part := line.strip(", ")))
    if said not in allowed:
        raise SpmError(
            f"The file's second title does not say {' or '.join(map(repr, sorted(allowed)))}, as its name",
            file=name.file,
            line=2,
            value=said,
            remedy="The file is of another group or level; fetch the right one, or name it after its content",
        )


def _first_title(name: ExportName, words: Vocabulary) -> str:
    title = words.state_title if name.level == "state" and words.state_title else words.title
    ending = name.ending.replace("{level}", name.level.capitalize())
    variant = f" ({name.variant})" if name.variant else ""
    year = "" if words.has_year_line else f", {name.year_text}"
    return f"{title}{' ' if ending else ''}{ending}{variant}{year}"
