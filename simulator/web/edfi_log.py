"""The change log of an Ed-Fi ODS: what was put, deleted and given another key, by change version.

Put here: the log's lines, natural keys, ids, etags and moments of records.
Not here: which changes happen (see `hold_edfi`, `edfi_changes`), nor how they are asked for (`answer_edfi`).

A line is six fields with tabs between them, the record last and in JSON; so a server can hand a record out
without reading it. Batch 0 has happened when the server starts; the later ones happen when a test says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.web.holding import Record, digest, moment, packed, read_lines, write_lines

PUT, DELETE, REKEY = "put", "delete", "rekey"

KEYS: dict[str, tuple[str, ...]] = {
    "localEducationAgencies": ("localEducationAgencyId",),
    "schools": ("schoolId",),
    "sessions": ("schoolId", "schoolYear", "sessionName"),
    "assessments": ("assessmentIdentifier", "namespace"),
    "students": ("studentUniqueId",),
    "studentSchoolAssociations": ("entryDate", "schoolId", "studentUniqueId"),
    "studentEducationOrganizationAssociations": ("educationOrganizationId", "studentUniqueId"),
    "studentSchoolAttendanceEvents": (
        "attendanceEventCategoryDescriptor", "eventDate", "schoolId", "schoolYear", "sessionName",
        "studentUniqueId",
    ),
    "studentAssessments": (
        "assessmentIdentifier", "namespace", "studentAssessmentIdentifier", "studentUniqueId",
    ),
}  # fmt: skip
RESOURCES = tuple(KEYS)


@dataclass(frozen=True)
class Change:
    """One line of the log; of a rekey `content` is old key, new key and record, of a delete the key."""

    batch: int
    version: int
    operation: str
    resource: str
    identifier: str
    content: bytes


def leaf(record: Record, name: str) -> object:
    """Find a value in a record or in one of its references."""
    if name in record:
        return record[name]
    for key, value in record.items():
        if key.endswith("Reference") and isinstance(value, dict) and name in value:
            return value[name]
    return None


def key_of(resource: str, record: Record) -> Record:
    """Give a record's natural key, flat, as deletes and key changes tell it."""
    return {name: leaf(record, name) for name in KEYS[resource]}


class ChangeLog:
    """Writes changes down; each has the next change version."""

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._version = 0
        self._lines: list[bytes] = []
        self._births = 0

    def put(self, batch: int, resource: str, record: Record, identifier: str | None = None) -> str:
        """Put a record that is new (no identifier) or known; give its identifier."""
        known = identifier or self._new(resource)
        self._add(batch, PUT, resource, known, self._dressed(known, record))
        return known

    def put_ready(self, resource: str, record: Record) -> None:
        """Put a record that has its id and etag already: a descriptor."""
        self._add(0, PUT, resource, str(record["id"]), record)

    def delete(self, batch: int, resource: str, record: Record, identifier: str) -> None:
        """Delete a record; the key stays as a tombstone."""
        self._add(batch, DELETE, resource, identifier, key_of(resource, record))

    def rekey(self, batch: int, resource: str, old: Record, new: Record, identifier: str) -> None:
        """Give a record another natural key; it keeps its identifier."""
        content = {
            "oldKeyValues": key_of(resource, old),
            "newKeyValues": key_of(resource, new),
            "record": self._dressed(identifier, new),
        }
        self._add(batch, REKEY, resource, identifier, content)

    def write(self, path: Path) -> None:
        """Write the log."""
        write_lines(path, self._lines)

    def _new(self, resource: str) -> str:
        self._births += 1
        return digest(*self._seed, resource, self._births)

    def _dressed(self, identifier: str, record: Record) -> Record:
        number = self._version + 1
        etag = str(5_250_000_000_000_000_000 + number)
        return {"id": identifier, **record, "_etag": etag, "_lastModifiedDate": moment(number)}

    def _add(self, batch: int, operation: str, resource: str, identifier: str, content: object) -> None:
        self._version += 1
        head = f"{batch}\t{self._version}\t{operation}\t{resource}\t{identifier}\t".encode()
        self._lines.append(head + packed(content))


def read_log(path: Path) -> Iterator[Change]:
    """Read a log back, in order."""
    for line in read_lines(path):
        batch, version, operation, resource, identifier, content = line.split(b"\t", 5)
        yield Change(
            int(batch), int(version), operation.decode(), resource.decode(), identifier.decode(), content
        )
