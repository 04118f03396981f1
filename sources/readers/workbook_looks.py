"""A workbook's container, looked through before its cells are read: what it is, its size, one sheet's looks.

Put here: telling .xlsx, .xls, protected and other files apart, and finding a sheet in them. Not here: what is
looked for (`looks`), the cells (`workbook`).
"""

from __future__ import annotations

import html
import posixpath
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from sources.readers import biff, limits
from sources.readers.limits import require_file
from sources.readers.looks import Looks, look_at_xml
from sources.readers.ole import SIGNATURE, Container
from sources.readers.packed import REFETCH, Package, protected
from sources.readers.request import ReadRequest

_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(rb"<(?:\w+:)?sheet (?P<attributes>[^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship (?P<attributes>[^>]*)>")
# The list of sheets and their places: some kilobytes.
_LARGEST_LIST = 16 * 2**20


class WorkbookContainer:
    """The container of one workbook, known to be bounded and open to all."""

    def __init__(self, request: ReadRequest) -> None:
        require_file(request, "workbook")
        self.request = request
        with request.path.open("rb") as handle:
            beginning = handle.read(512)
        self.is_xml = beginning.startswith(b"PK\x03\x04")
        if self.is_xml:
            with self._package() as package:
                package.require_bounded()
        elif beginning.startswith(SIGNATURE):
            self._stream = self._old_stream()
        else:
            is_page = beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
            what = "a web page or XML under the name of one" if is_page else "neither .xlsx nor .xls"
            raise request.error(f"Not a readable workbook: {what}", remedy=REFETCH)

    def looks(self, name: str, index: int) -> Looks:
        """What stands in a sheet, which has a name and a place from 0, beside its values.

        Raises:
            SpmError: The sheet is damaged, or reaches farther than any table.
        """
        try:
            if not self.is_xml:
                return biff.look_at_sheet(self._stream, index)
            with self._package() as package:
                looks = look_at_xml(package.pieces(_part_of(package, name)))
        except (ValueError, struct.error) as problem:
            raise self.request.error(f"Not a readable workbook: {problem}", remedy=REFETCH) from None
        if looks.height * looks.width > limits.MOST_CELLS:
            raise self.request.error(
                f"The sheet reaches over {looks.height} rows and {looks.width} columns",
                remedy="Look for a stray cell far below or to the right of the table, and delete it",
            )
        return looks

    @contextmanager
    def _package(self) -> Iterator[Package]:
        with self.request.path.open("rb") as handle:
            package = Package(self.request, handle)
            if _BOOK not in package.parts:
                raise self.request.error("Not a readable workbook: a zip of something else", remedy=REFETCH)
            yield package

    def _old_stream(self) -> bytes:
        try:
            container = Container(self.request.path.read_bytes())
            if "EncryptedPackage" in container.names:
                raise protected(self.request)
            stream = container.stream("Workbook" if "Workbook" in container.names else "Book")
            if biff.is_protected(stream):
                raise protected(self.request)
        except (ValueError, struct.error) as problem:
            raise self.request.error(f"Not a readable workbook: {problem}", remedy=REFETCH) from None
        return stream


def _part_of(package: Package, name: str) -> str:
    """The part that holds a sheet."""
    identity = next(
        (
            _attribute(match["attributes"], "id", prefixed=True)
            for match in _SHEET.finditer(_whole(package, _BOOK))
            if _attribute(match["attributes"], "name") == name
        ),
        None,
    )
    for match in _RELATION.finditer(_whole(package, _RELATIONS) if _RELATIONS in package.parts else b""):
        if identity is not None and _attribute(match["attributes"], "Id") == identity:
            target = _attribute(match["attributes"], "Target") or ""
            part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            if part in package.parts:
                return part
    raise ValueError("the sheet has no part of its own")


def _whole(package: Package, name: str) -> bytes:
    content = bytearray()
    for piece in package.pieces(name):
        content += piece
        if len(content) > _LARGEST_LIST:
            raise ValueError(f"the part {name} is too large")
    return bytes(content)


def _attribute(text: bytes, name: str, *, prefixed: bool = False) -> str | None:
    prefix = r"\w+:" if prefixed else ""
    match = re.search(rf"""(?:^|\s){prefix}{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""".encode(), text)
    if match is None:
        return None
    return html.unescape((match[1] if match[1] is not None else match[2]).decode("utf-8", errors="replace"))
