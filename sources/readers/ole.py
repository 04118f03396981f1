"""Streams of an OLE compound file, the container of .xls workbooks and of encrypted .xlsx ones.

Put here: finding a stream in the container. Not here: what is in it (`biff`).
Written against Microsoft's published format [MS-CFB]: a header, a table that chains sectors, a directory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_HEADER, _ENTRY, _END, _NONE = 512, 128, 0xFFFFFFFE, 0xFFFFFFFF
_SMALL = 4096


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class Container:
    """An OLE compound file held in memory.

    Raises:
        ValueError: It is none, or its chains do not hold together.
    """

    def __init__(self, content: bytes) -> None:
        if not content.startswith(SIGNATURE) or len(content) < _HEADER:
            raise ValueError("no compound file")
        self._content = content
        try:
            self._open()
        except struct.error:
            raise ValueError("the container ends inside its tables") from None

    def _open(self) -> None:
        shift, small_shift = struct.unpack_from("<HH", self._content, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise ValueError("unknown sector size")
        self._sector, self._small = 1 << shift, 1 << small_shift
        directory, small_table = (
            struct.unpack_from("<I", self._content, 48)[0],
            *struct.unpack_from("<I", self._content, 60),
        )
        self._table = self._sector_table()
        self._entries = self._directory(self._chain(directory))
        small = self._chain(small_table)
        self._small_table = struct.unpack(f"<{len(small) // 4}I", small[: len(small) // 4 * 4])
        root = next((e for e in self._entries if e.kind == 5), None)
        self._small_content = b"" if root is None else self._chain(root.start)

    @property
    def names(self) -> set[str]:
        """The names of its streams."""
        return {entry.name for entry in self._entries}

    def stream(self, name: str) -> bytes:
        """The bytes of a stream."""
        entry = next((e for e in self._entries if e.name == name), None)
        if entry is None:
            raise ValueError(f"no stream {name}")
        if entry.size >= _SMALL:
            return self._chain(entry.start)[: entry.size]
        parts = []
        for sector in _walk(self._small_table, entry.start):
            at = sector * self._small
            parts.append(self._small_content[at : at + self._small])
        return b"".join(parts)[: entry.size]

    def _sector_table(self) -> tuple[int, ...]:
        sectors = list(struct.unpack_from("<109I", self._content, 76))
        following, count = struct.unpack_from("<II", self._content, 68)
        per_sector = self._sector // 4
        for _ in range(min(count, len(self._content) // self._sector + 1)):
            if following in (_END, _NONE):
                break
            more = struct.unpack_from(f"<{per_sector}I", self._content, (following + 1) * self._sector)
            sectors += more[:-1]
            following = more[-1]
        table: list[int] = []
        for sector in sectors:
            if sector < _END:
                table += struct.unpack_from(f"<{per_sector}I", self._content, (sector + 1) * self._sector)
        return tuple(table)

    def _chain(self, start: int) -> bytes:
        parts = []
        for sector in _walk(self._table, start):
            at = (sector + 1) * self._sector
            parts.append(self._content[at : at + self._sector])
        return b"".join(parts)

    def _directory(self, content: bytes) -> tuple[_Entry, ...]:
        found = []
        for at in range(0, len(content) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", content, at + 64)
            start, size = struct.unpack_from("<II", content, at + 116)
            name = content[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace")
            if kind:
                found.append(_Entry(name, kind, start, size))
        return tuple(found)


def _walk(table: tuple[int, ...], start: int) -> list[int]:
    sectors: list[int] = []
    while start < _END:
        if start >= len(table) or len(sectors) > len(table):
            raise ValueError("a chain of sectors leads nowhere")
        sectors.append(start)
        start = table[start]
    return sectors
