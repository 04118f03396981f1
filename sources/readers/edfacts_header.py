"""The name of an EDFacts submission file and its header record.

Put here: what a file says of itself before its first record. Not here: its records (`edfacts_submission`).

A name is the state's abbreviation, the level (SEA, LEA, SCH), the abbreviation of the file type, v and a
version, and the extension: at most 25 characters. The header record has the file type, the number of records
that follow, the file's name, an identifier and the reporting period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from sources.readers.request import ReadRequest

LONGEST_NAME = 25
FIELDS = ("file type", "total records", "file name", "file identifier", "reporting period")
# Positions of the header record of a fixed-width file.
FIXED = ((0, 50), (50, 60), (60, 85), (85, 117), (117, 126))
_NAME = re.compile(
    r"(?P<state>[a-z]{2})(?P<level>sea|lea|sch)(?P<abbreviation>[a-z0-9]{1,9})v(?P<version>[a-z0-9]+)"
    r"\.(?P<extension>csv|tab|txt)",
    re.IGNORECASE,
)
_PERIOD = re.compile(r"(\d{4})[- ](\d{4})")


@dataclass(frozen=True)
class FileName:
    """The parts of a file's name."""

    text: str
    level: str
    abbreviation: str
    extension: str


def read_file_name(request: ReadRequest) -> FileName:
    """The parts of the file's name.

    Raises:
        SpmError: It is not of the form of submission files, or of another file type.
    """
    text = PurePosixPath(request.address).name
    match = _NAME.fullmatch(text)
    if match is None or len(text) > LONGEST_NAME:
        raise request.error(
            "Not the name of a submission file",
            value=text,
            remedy="Name it by state, level, file type, version and extension, at most 25 characters: "
            "OHSCHMEMBERv000001.csv",
        )
    known = _texts(request, "abbreviations")
    if known and match["abbreviation"].upper() not in known:
        raise request.error(
            f"The file's name says another file type than {' or '.join(known)}",
            value=match["abbreviation"],
            remedy="Give the file to the source of its file specification",
        )
    return FileName(text, match["level"].upper(), match["abbreviation"].upper(), match["extension"].lower())


def check_header(request: ReadRequest, name: FileName, line: str, *, records: int) -> None:
    """Hold a file to its header record.

    Raises:
        SpmError: There is none, or it is not of this file, file type, year or number of records.
    """
    fields = _fields(name, line)
    if len([text for text in fields if text]) < len(FIELDS):
        raise request.error(
            "The file does not begin with a header record",
            line=1,
            remedy=f"Submit {', '.join(FIELDS[:-1])} and {FIELDS[-1]} first",
        )
    _check_type(request, fields[0])
    if not fields[1].isdecimal() or int(fields[1]) != records:
        raise request.error(
            f"The header record promises another number of records than the {records} of the file",
            line=1,
            column=FIELDS[1],
            value=fields[1],
            remedy="Fetch the file again; it may be cut off",
        )
    if fields[2].lower() != name.text.lower():
        raise request.error(
            f"The header record names another file than {name.text}",
            line=1,
            column=FIELDS[2],
            value=fields[2],
            remedy="Submit the file under the name in its header record",
        )
    _check_period(request, fields[4])


def _fields(name: FileName, line: str) -> list[str]:
    if name.extension == "txt":
        return [line[start:end].strip() for start, end in FIXED]
    fields = [text.strip() for text in line.split("\t" if name.extension == "tab" else ",")]
    # Further fields are filler; something in them makes it no header record.
    return fields[: len(FIELDS)] if not any(fields[len(FIELDS) :]) else []


def _check_type(request: ReadRequest, text: str) -> None:
    known = _texts(request, "file_types")
    if known and _words(text) not in {_words(title) for title in known}:
        raise request.error(
            f"The header record says another file type than {' or '.join(known)}",
            line=1,
            column=FIELDS[0],
            value=text,
            remedy="Give the file to the source of its file specification",
        )


def _check_period(request: ReadRequest, text: str) -> None:
    match = _PERIOD.fullmatch(text)
    if match is None or int(match[2]) != request.school_year or int(match[1]) != request.school_year - 1:
        raise request.error(
            f"The reporting period is not {request.school_year - 1}-{request.school_year}",
            line=1,
            column=FIELDS[4],
            value=text,
            remedy="Give the file of the right year",
        )


def _texts(request: ReadRequest, option: str) -> tuple[str, ...]:
    given = request.table.options.get(option, ())
    return (given,) if isinstance(given, str) else tuple(given)


def _words(text: str) -> str:
    """A description without what programs differ in: case, and what separates its words."""
    return " ".join(re.findall(r"[A-Z0-9]+", text.upper()))
