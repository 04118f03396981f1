"""Zip archives: the one member of an archive that a table is read from, unpacked within limits.

Put here: choosing and unpacking a member. Not here: what is in it (`readers`), where the archive came from
(`transports`).

What an archive says of its own sizes is not believed: bytes are counted as they are unpacked.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from sources.readers.request import ReadRequest
from sources.withheld import shown_name

# The largest public file of education, membership of all schools by grade, race and sex, has 2.4 GB.
LARGEST_MEMBER = 8 * 1024**3
# Tables of repeated words shrink to a fortieth; an archive that was made to fill a disk, to a thousandth.
LARGEST_RATIO = 250
# Below this size a high ratio does no harm: a short file of one repeated line is no bomb.
SMALL = 16 * 1024**2
_CHUNK = 4 * 1024**2
_BEGINNING = b"PK\x03\x04"
_REFETCH = "Fetch the archive again; it may be cut off"


@contextmanager
def unpacked(request: ReadRequest) -> Iterator[ReadRequest]:
    """The request for the member of a zip archive, or as it is when the table names none.

    A file that is no archive at all is read as it stands: somebody may have unpacked it already.

    Raises:
        SpmError: The archive is damaged, encrypted or too large, or has no or several such members.
    """
    if request.table.member is None or not _is_archive(request):
        yield request
        return
    with tempfile.TemporaryDirectory(prefix="spm-member-") as folder:
        path = Path(folder) / "member"
        name = _unpack(request, request.table.member, path)
        yield replace(request, path=path, address=f"{request.address}/{name}")


def _is_archive(request: ReadRequest) -> bool:
    with request.path.open("rb") as handle:
        begins = handle.read(len(_BEGINNING)) == _BEGINNING
    if not begins and not request.address.lower().endswith(".zip"):
        return False
    if not zipfile.is_zipfile(request.path):
        raise request.error("Not a whole zip archive", remedy=_REFETCH)
    return True


def _unpack(request: ReadRequest, pattern: str, path: Path) -> str:
    try:
        with zipfile.ZipFile(request.path) as archive:
            member = _chosen(request, archive, pattern)
            with archive.open(member) as stream, path.open("wb") as target:
                written = 0
                while chunk := stream.read(_CHUNK):
                    written += len(chunk)
                    _require_small(request, member, written)
                    target.write(chunk)
            return member.filename
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as problem:
        raise request.error(f"The archive is damaged: {problem}", remedy=_REFETCH) from None
    except OSError as problem:
        raise request.error(
            f"The archive cannot be unpacked ({problem.strerror})",
            remedy=f"{_REFETCH}, or the disk may be full",
        ) from None
    except NotImplementedError:
        raise request.error(
            "The archive is compressed in a way that is not read", remedy="Pack it as plain zip (deflate)"
        ) from None


def _chosen(request: ReadRequest, archive: zipfile.ZipFile, pattern: str) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist() if not item.is_dir()]
    found = [item for item in members if fnmatchcase(item.filename.lower(), pattern.lower())]
    if len(found) != 1:
        some = [shown_name(i.filename, is_restricted=request.is_restricted) for i in (found or members)[:5]]
        names = ", ".join(some) or "nothing"
        words = f"{len(found)} files" if found else "No file"
        raise request.error(
            f"{words} of the name {pattern} in the archive; it holds {names}",
            remedy="Correct `member` in source.yml so that it names one file",
        )
    if found[0].flag_bits & 0x1:
        raise request.error(
            f"{found[0].filename} is encrypted", remedy="Put the archive there without a password"
        )
    return found[0]


def _require_small(request: ReadRequest, member: zipfile.ZipInfo, written: int) -> None:
    is_bomb = written > SMALL and written > LARGEST_RATIO * max(member.compress_size, 1)
    if written > LARGEST_MEMBER or is_bomb:
        raise request.error(
            f"{member.filename} unpacks to more than {written // 1024**2} MB from"
            f" {member.compress_size // 1024} KB, which no table does",
            remedy="Look at the archive by hand; if it is in order, put the unpacked file in its place",
        )
