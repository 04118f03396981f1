"""Ed-Fi descriptors: each code of each namespace to ours, and what no list has is set aside.

A source lists them in `descriptors.csv`; an agency adds to it and overrides it for its own namespaces in
sources.yml, under `options`:
    descriptors.GradeLevelDescriptor: "uri://state.example#09=09; uri://state.example#KG=kg"
A column of type `descriptor(GradeLevelDescriptor)` takes `uri://<namespace>/GradeLevelDescriptor#<code>`, or
several with | between them.
Put here: the lists. Not here: cells (`descriptor_codes`).
"""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sources.columns import ColumnMap, ColumnType
from sources.registry import Source
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError
from warehouse.model.places import shown

FILE = "descriptors.csv"
HEADER = ["namespace", "descriptor", "code_value", "canonical"]
_OPTION = re.compile(r"descriptors\.([A-Za-z]+Descriptor)")


def is_own_descriptor(option: str) -> bool:
    """Whether an option of a release is about descriptors, and so no transport's business."""
    return _OPTION.fullmatch(option) is not None


def with_descriptors(source: Source, release: ReleaseSettings) -> Source:
    """The source with the codes of its descriptor columns filled in from its list and the agency's.

    Raises:
        SpmError: The list is absent or wrong; an option is not `uri://namespace#code=ours`, or no column has
            its descriptor.
    """
    if not any(line.type.kind == "descriptor" for line in source.columns.lines):
        return source
    used = {line.type.argument for line in source.columns.lines if line.type.kind == "descriptor"}
    known = {name: dict(codes) for name, codes in _listed(source.folder / FILE).items()}
    for option, text in release.options.items():
        if match := _OPTION.fullmatch(option):
            _require_used(source, option, match[1], used)
            known.setdefault(match[1], {}).update(_overrides(source, option, match[1], text))
    lines = tuple(
        dataclasses.replace(line, type=filled(line.type, known)) if line.type.kind == "descriptor" else line
        for line in source.columns.lines
    )
    columns = ColumnMap(source.columns.path, source.columns.releases, lines)
    return dataclasses.replace(source, columns=columns)


def filled(kind: ColumnType, known: Mapping[str, Mapping[str, str]]) -> ColumnType:
    """A descriptor's type with its codes, in the form that `descriptor_parser` takes."""
    codes = [f"{value}={ours}" for value, ours in sorted(known.get(kind.argument, {}).items())]
    return ColumnType("descriptor", "\n".join([kind.argument, *codes]))


def _require_used(source: Source, option: str, name: str, used: set[str]) -> None:
    if name not in used:
        raise SpmError(
            "No column of the source has this descriptor",
            file="sources.yml",
            column=f"sources.{source.id}.releases.options.{option}",
            value=name,
            remedy=f"Use one of {', '.join(sorted(used))}",
        )


def _overrides(source: Source, option: str, name: str, text: str) -> dict[str, str]:
    found = {}
    for item in (part.strip() for part in text.split(";")):
        if not item:
            continue
        value, is_pair, ours = item.rpartition("=")
        namespace, is_value, code = value.strip().partition("#")
        if not is_pair or not is_value or "://" not in namespace:
            raise SpmError(
                "Not a descriptor and what it means here",
                file="sources.yml",
                column=f"sources.{source.id}.releases.options.{option}",
                value=item,
                remedy="Write uri://namespace#code=ours, with semicolons between them",
            )
        found[f"{namespace}/{name}#{code}"] = ours.strip()
    return found


@lru_cache(maxsize=8)
def _listed(file: Path) -> dict[str, dict[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
    except FileNotFoundError:
        raise SpmError(
            "A source with descriptor columns needs a list of them", file=shown(file), remedy="Add it"
        ) from None
    if not rows or rows[0] != HEADER:
        raise SpmError(
            "The list of descriptors has the wrong header",
            file=shown(file),
            line=1,
            remedy=f"Begin it with {','.join(HEADER)}",
        )
    found: dict[str, dict[str, str]] = {}
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(HEADER) or not all(row) or "\n" in "".join(row):
            raise SpmError(
                "Not a namespace, descriptor, code and what it means here",
                file=shown(file),
                line=line,
                remedy="Fill all four cells",
            )
        namespace, name, code, ours = row
        value = f"{namespace}/{name}#{code}"
        if value in found.setdefault(name, {}):
            raise SpmError("The descriptor stands twice", file=shown(file), line=line, remedy="Keep one")
        found[name][value] = ours
    return found
