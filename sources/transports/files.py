"""Files: the addresses of a release, found and opened.

Put here: how a file is found and opened, by kind of filesystem. Not here: keeping it (`snapshot`).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import fsspec

from sources.transports.arrival import Arrival, Missing, Wanted, bytes_of
from warehouse.model.errors import SpmError


def arrivals(wanted: Wanted) -> Iterator[Arrival]:
    """The files of a release, in order of table and address.

    Raises:
        Missing: A pattern matches no file.
        SpmError: Every file of a pattern is one that the source leaves out.
    """
    files = wanted.release.files
    by_table = files if isinstance(files, dict) else {"": files}
    for table, patterns in by_table.items():
        for pattern in patterns:
            yield from _local(wanted, table, pattern)


def _local(wanted: Wanted, table: str, pattern: str) -> Iterator[Arrival]:
    source, filesystem = wanted.source, fsspec.filesystem("file")
    # Absolute, as fsspec answers; the root itself is a name, never a pattern.
    root = os.path.abspath(wanted.data_root)  # noqa: PTH100 - resolve() would follow links, and fsspec does not
    literal = os.path.join(root, pattern)  # noqa: PTH118 - a name may hold [ or *, so it is tried as it stands
    matches = [literal] if filesystem.isfile(literal) else filesystem.glob(f"{glob.escape(root)}/{pattern}")
    files = sorted(match for match in matches if filesystem.isfile(match))
    if not files:
        raise Missing(
            f"{source.spec.title}: no file",
            file=pattern,
            remedy=f"Put the file there below {Path(root).name}/, or correct the agency's sources.yml",
        )
    found = [(os.path.relpath(file, root), file) for file in files]
    kept = [(address, file) for address, file in found if not _is_ignored(wanted, address)]
    if not kept:
        raise SpmError(
            f"{source.spec.title}: every file of the pattern is one that the source leaves out",
            file=pattern,
            remedy=f"Name another file; ignored_files of sources/{source.id}/source.yml says why",
        )
    for address, file in kept:
        yield Arrival(table, address, bytes_of(Path(file)))


def _is_ignored(wanted: Wanted, address: str) -> bool:
    return any(fnmatchcase(address, pattern) for pattern in wanted.source.spec.ignored_files)
