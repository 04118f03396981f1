"""Headers that are paths into a record: taken apart once, then followed for every record.

Put here: what a path means. Not here: files (`json_records`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType
from typing import Any

BETWEEN = "|"
_PART = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<choice>[^\]]*)\])?(?:\.|$)")


@dataclass
class _Node:
    """One place in a record.

    Attributes:
        column: Of the value itself.
        swallows: Whether names that no header claims are left out.
        every: For a list: path inside each element, and column.
        chosen: For a list: name and value that an element must have, path inside it, and column.
    """

    column: int | None = None
    swallows: int | None = None
    children: dict[str, _Node] = field(default_factory=dict)
    every: list[tuple[tuple[str, ...], int]] = field(default_factory=list)
    chosen: list[tuple[str, str, tuple[str, ...], int]] = field(default_factory=list)

    @property
    def leads_on(self) -> bool:
        """Whether a header claims something below this place."""
        return bool(self.swallows is not None or self.children or self.every or self.chosen)


@dataclass
class Plan:
    """All headers of a table as one tree."""

    headers: tuple[str, ...]
    root: _Node

    def fill(
        self, record: dict[str, Any], row: list[Any], strange: dict[str, str | None], seen: list[bool]
    ) -> None:
        """Put a record's values into its row, as they are; what no header claims goes to `strange`."""
        _object(self.root, record, "", row, strange, seen)

    def columns_of(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        """The columns of a record's names, if each is a column and nothing more; else it takes `fill`."""
        nodes = [self.root.children.get(name) for name in names]
        if any(node is None or node.column is None or node.leads_on for node in nodes):
            return None
        return tuple(node.column for node in nodes if node is not None and node.column is not None)

    def is_lenient(self, header: str) -> bool:
        """Whether a header may be absent from all records: lists are often empty."""
        return "[" in header or header.endswith(".*")


def plan_of(headers: tuple[str, ...]) -> Plan:
    """Take headers apart."""
    root = _Node()
    for column, header in enumerate(headers):
        _place(root, header, column)
    return Plan(headers, root)


def texts_of(values: Sequence[Any]) -> Sequence[str | None]:
    """Values as cells."""
    kinds = set(map(type, values))
    if kinds <= {str, NoneType}:
        return values
    if kinds == {int}:
        return list(map(str, values))
    return [text_of(value) for value in values]


def text_of(value: Any) -> str | None:
    """A value as a cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        written = repr(value)
        return format(Decimal(written), "f") if "e" in written else written
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _place(root: _Node, header: str, column: int) -> None:
    node, position = root, 0
    while position < len(header):
        if header[position:] == "*":
            node.swallows = column
            return
        match = _PART.match(header, position)
        if match is None:
            # No path: the name itself, as some APIs have dots or brackets in names.
            root.children.setdefault(header, _Node()).column = column
            return
        node = node.children.setdefault(match["name"], _Node())
        position = match.end()
        choice = match["choice"]
        if choice is not None:
            inside = tuple(header[position:].split(".")) if position < len(header) else ()
            if choice:
                name, _, value = choice.partition("=")
                node.chosen.append((name, value, inside, column))
            else:
                node.every.append((inside, column))
            return
    node.column = column


def _object(
    node: _Node,
    given: dict[str, Any],
    above: str,
    row: list[Any],
    strange: dict[str, str | None],
    seen: list[bool],
) -> None:
    children = node.children
    for name, value in given.items():
        child = children.get(name)
        if child is None:
            if node.swallows is None:
                strange[above + name] = text_of(value)
            continue
        if child.column is not None:
            row[child.column] = value
            seen[child.column] = True
        if child.every or child.chosen:
            _list(child, value, above + name, row, strange, seen)
        elif child.children or child.swallows is not None:
            if isinstance(value, dict):
                _object(child, value, f"{above}{name}.", row, strange, seen)
            elif value is not None:
                strange[above + name] = text_of(value)
            else:
                _mark(child, seen)


def _mark(node: _Node, seen: list[bool]) -> None:
    """An object that is null has all its names, as nulls."""
    for child in node.children.values():
        if child.column is not None:
            seen[child.column] = True
        _mark(child, seen)


def _list(
    node: _Node,
    value: Any,
    path: str,
    row: list[Any],
    strange: dict[str, str | None],
    seen: list[bool],
) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        strange[path] = text_of(value)
        return
    for inside, column in node.every:
        row[column] = _joined(value, inside)
        seen[column] = True
    for name, wanted, inside, column in node.chosen:
        fitting = [element for element in value if _fits(element, name, wanted)]
        row[column] = _joined(fitting, inside)
        seen[column] = True


def _fits(element: Any, name: str, wanted: str) -> bool:
    if not isinstance(element, dict):
        return False
    given = text_of(element.get(name))
    return given is not None and (given == wanted or given.rpartition("#")[2] == wanted)


def _joined(elements: list[Any], inside: tuple[str, ...]) -> str | None:
    texts = []
    for element in elements:
        value = element
        for name in inside:
            value = value.get(name) if isinstance(value, dict) else None
        if (text := text_of(value)) is not None:
            texts.append(text)
    return BETWEEN.join(texts) if texts else None
