"""The parts of an .xlsx workbook, unpacked piece by piece and never beyond a limit.

Put here: the zip container of a workbook.
Not here: what its parts mean (`workbook_looks`), archives that hold a table (`sources.archives`).

Sizes that the container states are not believed: bytes are counted as they come out.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from sources.readers import limits
from sources.readers.request import ReadRequest

REFETCH = "Fetch the file again; it may be cut off"
_PIECE = 2**20
# A sheet of repeated words shrinks to a fiftieth; what was made to fill a memory, to a thousandth.
_LARGEST_RATIO = 250
_HARMLESS = 64 * 2**20
_STORED, _DEFLATED, _ENCRYPTED = 0, 8, 0x1


class Package:
    """An open workbook container."""

    def __init__(self, request: ReadRequest, handle: BinaryIO) -> None:
        self.request, self.handle = request, handle
        try:
            self.parts = {item.filename: item for item in zipfile.ZipFile(handle).infolist()}
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise request.error(f"Not a readable workbook: {problem}", remedy=REFETCH) from None

    def require_bounded(self) -> None:
        """Refuse a workbook whose parts unpack to more than a table can need.

        Raises:
            SpmError: They do, or a part is damaged.
        """
        total = 0
        for name, item in self.parts.items():
            size = 0
            for piece in self.pieces(name):
                size += len(piece)
                is_bomb = size > _HARMLESS and size > _LARGEST_RATIO * max(item.compress_size, 1)
                if is_bomb or total + size > limits.LARGEST_UNPACKED:
                    raise self.request.error(
                        f"The workbook's part {name} unpacks to more than {(total + size) >> 20} MB",
                        remedy="Look whether it is the right file; a table of this size has to come as csv",
                    )
            total += size

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, a piece at a time.

        Raises:
            SpmError: The part is damaged, encrypted, or packed in another way than deflate.
        """
        item = self.parts[name]
        if item.flag_bits & _ENCRYPTED:
            raise protected(self.request)
        if item.compress_type not in (_STORED, _DEFLATED):
            raise self.request.error(
                "The workbook is packed in a way that is not read", remedy="Save it again"
            )
        try:
            yield from self._inflated(item)
        except (zlib.error, struct.error, ValueError, OSError):
            raise self.request.error(f"The workbook's part {name} is damaged", remedy=REFETCH) from None

    def _inflated(self, item: zipfile.ZipInfo) -> Iterator[bytes]:
        self.handle.seek(item.header_offset)
        header = self.handle.read(30)
        name, extra = struct.unpack("<HH", header[26:30])
        at, left = item.header_offset + 30 + name + extra, item.compress_size
        engine = zlib.decompressobj(-15) if item.compress_type == _DEFLATED else None
        while left > 0:
            self.handle.seek(at)
            packed = self.handle.read(min(_PIECE, left))
            if not packed:
                raise ValueError("the container ends inside a part")
            at, left = at + len(packed), left - len(packed)
            if engine is None:
                yield packed
                continue
            while packed:
                yield engine.decompress(packed, _PIECE)
                packed = engine.unconsumed_tail


def protected(request: ReadRequest) -> Exception:
    """The refusal of a workbook that only opens with a password."""
    return request.error(
        "The workbook is protected by a password",
        remedy="Open it, take the password away, and save it; or ask the publisher for one without",
    )
