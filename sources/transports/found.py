"""What a pattern matched: nothing, files that the source leaves out, or files to bring.

Put here: the choice that is the same for every place. Not here: the listing of any place.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TypeVar

from sources.transports.arrival import Missing, Wanted
from warehouse.model.errors import SpmError

T = TypeVar("T")


def missing(wanted: Wanted, pattern: str, remedy: str) -> Missing:
    """The outcome for a pattern without a file."""
    return Missing(f"{wanted.source.spec.title}: no file", file=pattern, remedy=remedy)


def without_ignored(wanted: Wanted, pattern: str, found: list[tuple[str, T]]) -> list[tuple[str, T]]:
    """The found files, by address, less those that the source leaves out by name.

    Raises:
        SpmError: That leaves none: the pattern is a mistake.
    """
    kept = [item for item in found if not _is_ignored(wanted, item[0])]
    if not kept:
        raise SpmError(
            f"{wanted.source.spec.title}: every file of the pattern is one that the source leaves out",
            file=pattern,
            remedy=f"Name another file; ignored_files of sources/{wanted.source.id}/source.yml says why",
        )
    return kept


def _is_ignored(wanted: Wanted, address: str) -> bool:
    """Whether a pattern of `ignored_files` fits an address, or the end of a URL from a folder on."""
    is_url = "://" in address
    return any(
        fnmatchcase(address, pattern) or (is_url and fnmatchcase(address, f"*/{pattern}"))
        for pattern in wanted.source.spec.ignored_files
    )
