"""What the name of an EdSight export promises, and whether its title lines keep the promise.

Put here: file names, title lines and the labels that link them. Not here: the table below them (`edsight`),
or which labels a product has (`options` of its source.yml).

A name is `<product>__<school year>_<label>_<label>.csv`, as in `chronic-absenteeism__2011-12_ell_ct.csv`. The
first title line is `<title>, <school year>`; the second lists organizations, subject, grades and group.
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
    "school": ("All Schools", "All Districts"),
}
MAPS = ("title_labels", "band_labels", "variant_labels", "group_headers", "grade_headers")
LEVEL_LABELS = {"ct": "state", "all-schools": "school"}
_NAME = re.compile(
    r"(?P<product>[a-z-]+)__(?P<start>[0-9]{4})-(?P<end>[0-9]{2})_(?P<labels>[a-z0-9_-]+)\.csv"
)


@dataclass(frozen=True)
class Vocabulary:
    """What one product's labels mean, from `options` of its table in source.yml.

    Attributes:
        title: How the first title line begins.
        title_labels: Label -> words of the second title line, in the order of that line's parts.
        band_labels: Label -> band that must stand over the columns.
        variant_labels: Label -> words in parentheses after the title.
        group_headers: Words of the second title line -> header of the column that names the student group.
        grade_headers: The same for the grade.
        has_codes: Whether organizations have a code beside their name.
    """

    title: str
    title_labels: Mapping[str, str]
    band_labels: Mapping[str, str]
    variant_labels: Mapping[str, str]
    group_headers: Mapping[str, str]
    grade_headers: Mapping[str, str]
    has_codes: bool


@dataclass(frozen=True)
class ExportName:
    """What a file's name promises.

    Attributes:
        file: The name, for messages.
        year_text: School year as EdSight writes it, `2011-12`.
        school_year: Its spring year.
        level: state, district or school.
        words: Words of the second title line, in order, without organizations.
        band: Band over the columns; None when the name promises none.
        variant: Words in parentheses after the title; None when the name promises none.
    """

    file: str
    year_text: str
    school_year: int
    level: str
    words: tuple[str, ...]
    band: str | None
    variant: str | None


def vocabulary(table: TableSpec) -> Vocabulary:
    """The vocabulary of a table, from its options.

    Raises:
        SpmError: An option is missing or has the wrong shape.
    """
    options = dict(table.options)
    title, has_codes = options.pop("title", None), options.pop("codes", "yes")
    maps = {name: options.pop(name, {}) for name in MAPS}
    if not isinstance(title, str) or options or not all(isinstance(m, dict) for m in maps.values()):
        raise SpmError(
            "The options of an EdSight table do not make sense",
            file="source.yml",
            column="options",
            value=", ".join(sorted(options)) or None,
            remedy=f"Give title, codes and mappings named {', '.join(MAPS)}, and nothing else",
        )
    labels = {name: _labels(given) for name, given in maps.items()}
    return Vocabulary(title=title, has_codes=has_codes != "no", **labels)


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
    level, band, variant = "district", None, None
    found: set[str] = set()
    for label in match["labels"].split("_"):
        if label in LEVEL_LABELS:
            level = LEVEL_LABELS[label]
        elif label in words.band_labels:
            band = words.band_labels[label]
        elif label in words.variant_labels:
            variant = words.variant_labels[label]
        elif label in words.title_labels:
            found.add(label)
        else:
            raise SpmError(
                "The file's name has a label that the source does not know",
                file=address,
                value=label,
                remedy="Add it to the labels in source.yml with its title, or list the file in ignored_files",
            )
    start = int(match["start"])
    if (start + 1) % 100 != int(match["end"]):
        raise SpmError(
            "The file's name has no school year",
            file=address,
            value=f"{match['start']}-{match['end']}",
            remedy="A school year is two years running, such as 2011-12",
        )
    ordered = tuple(text for label, text in words.title_labels.items() if label in found)
    return ExportName(address, f"{start}-{match['end']}", start + 1, level, ordered, band, variant)


def check_titles(titles: list[str], name: ExportName, words: Vocabulary) -> None:
    """Compare the title lines of a file with its name.

    Raises:
        SpmError: The file is of another year, product, organization level or group than its name says.
    """
    variant = f" ({name.variant})" if name.variant else ""
    wanted = f"{words.title}{variant}, {name.year_text}"
    if titles[0] != wanted:
        raise SpmError(
            f"The file's first title does not say {wanted!r}, as its name promises",
            file=name.file,
            line=1,
            value=titles[0],
            remedy="The file is of another year or kind; fetch the right one, or name it after its content",
        )
    allowed = {
        ", ".join(part for part in parts if part)
        for parts in product(LEVEL_TITLES[name.level], *((text,) for text in name.words))
    }
    said = ", ".join(part for line in titles[1:] if (part := line.strip(", ")))
    if said not in allowed:
        raise SpmError(
            f"The file's second title does not say {' or '.join(map(repr, sorted(allowed)))}, as its name",
            file=name.file,
            line=2,
            value=said,
            remedy="The file is of another group or level; fetch the right one, or name it after its content",
        )
