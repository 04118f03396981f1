"""How the Ed-Fi pilot's records came to be, and how they go on changing.

Put here: the mistakes a year began with and their corrections; three batches of changes that wait for a test.
Not here: the records as they really are (see `hold_edfi`).

When the server starts, every mistake has been corrected and the ODS says what everything else in Franklin
says. The batches that wait belong to the newest year: its districts go on sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

import numpy as np

from simulator.settings import Settings
from simulator.web.edfi_log import RESOURCES, ChangeLog
from simulator.web.edfi_words import EXCUSED, TARDY, Descriptors
from simulator.web.hold_edfi import Book
from simulator.web.holding import Record

ENROLMENTS = "studentSchoolAssociations"
DESCRIPTIONS = "studentEducationOrganizationAssociations"
EVENTS = "studentSchoolAttendanceEvents"
RESULTS = "studentAssessments"
BATCHES = 3
GHOST = "990000001"  # a student entered under a wrong id


@dataclass
class History:
    """A log under way: which records stand now and what the counts have become after each batch."""

    log: ChangeLog
    book: Book
    now: dict[str, dict[str, Record]] = field(default_factory=lambda: {name: {} for name in RESOURCES})
    net: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in range(BATCHES + 1)])

    def put(self, batch: int, resource: str, record: Record, identifier: str | None = None) -> str:
        """Put a record, new or known."""
        known = self.log.put(batch, resource, record, identifier)
        self.net[batch][resource] += identifier is None
        self.now[resource][known] = record
        return known

    def delete(self, batch: int, resource: str, identifier: str) -> Record:
        """Delete a record; give what it was."""
        record = self.now[resource].pop(identifier)
        self.log.delete(batch, resource, record, identifier)
        self.net[batch][resource] -= 1
        return record

    def rekey(self, batch: int, resource: str, new: Record, identifier: str) -> None:
        """Give a record another key."""
        self.log.rekey(batch, resource, self.now[resource][identifier], new, identifier)
        self.now[resource][identifier] = new

    def some(self, resource: str, number: int, start: int = 0) -> list[str]:
        """Give the identifiers of some records that stand now, spread over all."""
        known = list(self.now[resource])
        step = max(1, len(known) // (number + start + 1))
        return known[start * step :: step][:number]


def write_history(
    settings: Settings, book: Book, descriptors: Descriptors, with_batches: bool
) -> tuple[ChangeLog, History]:
    """Make the log of a year, and of the newest year its waiting batches."""
    records = list(book.records())
    descriptors.complete()
    log = ChangeLog(settings.seed, book.number)
    for resource, record in descriptors.records():
        log.put_ready(resource, record)
    history = History(log, book)
    corrections = _enter(history, records, settings.generator(61, book.number))
    for correct in corrections:
        correct()
    if with_batches:
        _first_batch(history)
        _second_batch(history)
        _third_batch(history)
    return log, history


Correction = Callable[[], object]


def _enter(
    history: History, records: list[tuple[str, Record]], draw: np.random.Generator
) -> list[Correction]:
    """Enter a year with its mistakes; give the corrections that follow."""
    corrections: list[Correction] = []
    chance = draw.random(len(records))
    for (resource, record), drawn in zip(records, chance, strict=True):
        wrong = _mistaken(history.book, resource, record) if drawn < 0.01 else None
        if drawn > 0.99 and resource in (EVENTS, RESULTS):
            corrections.append(partial(history.put, 0, resource, record))
        elif wrong is None:
            history.put(0, resource, record)
        else:
            corrections.append(_correction(history, resource, record, history.put(0, resource, wrong)))
    ghost = [history.put(0, "students", {"studentUniqueId": GHOST})]
    for resource in (ENROLMENTS, DESCRIPTIONS):
        known = next(iter(history.now[resource].values()))
        ghost.append(history.put(0, resource, {**known, "studentReference": {"studentUniqueId": GHOST}}))
    order = (DESCRIPTIONS, ENROLMENTS, "students")
    for resource, identifier in zip(order, reversed(ghost), strict=True):
        corrections.append(partial(history.delete, 0, resource, identifier))
    return corrections


def _mistaken(book: Book, resource: str, record: Record) -> Record | None:
    """Give the record as it was first entered, wrongly; null where nobody errs."""
    if resource == ENROLMENTS and "exitWithdrawDate" not in record:
        return {**record, "entryDate": _later(str(record["entryDate"]), -1)}
    if resource == DESCRIPTIONS:
        return {**record, "studentCharacteristics": []}
    if resource == EVENTS:
        return _other_category(book, record, TARDY)
    return None


def _correction(history: History, resource: str, record: Record, identifier: str) -> Correction:
    if resource == ENROLMENTS:
        return partial(history.rekey, 0, resource, record, identifier)
    if resource == EVENTS:
        # The category is part of an event's key, and this key cannot be changed: delete and enter anew.
        return lambda: (history.delete(0, resource, identifier), history.put(0, resource, record))
    return partial(history.put, 0, resource, record, identifier)


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _other_category(book: Book, record: Record, kind: int) -> Record:
    local = "franklin" in str(record["attendanceEventCategoryDescriptor"])
    other = book.event("0", 0, date(2000, 1, 1), kind, local)
    return {**record, "attendanceEventCategoryDescriptor": other["attendanceEventCategoryDescriptor"]}


def _first_batch(history: History) -> None:
    """A newcomer; statuses that changed; absences excused after all; two enrolments a day later."""
    book = history.book
    newcomer = {"studentReference": {"studentUniqueId": "990000002"}}
    history.put(1, "students", {"studentUniqueId": "990000002"})
    for resource in (ENROLMENTS, DESCRIPTIONS):
        history.put(1, resource, {**next(iter(history.now[resource].values())), **newcomer})
    for identifier in history.some(DESCRIPTIONS, 5):
        value = book.words.value("LimitedEnglishProficiency", "NotLimited")
        record = {**history.now[DESCRIPTIONS][identifier], "limitedEnglishProficiencyDescriptor": value}
        history.put(1, DESCRIPTIONS, record, identifier)
    unexcused = [
        identifier
        for identifier, record in history.now[EVENTS].items()
        if not str(record["attendanceEventCategoryDescriptor"]).endswith(("#Excused Absence", "#AE"))
    ]
    for identifier in unexcused[:: max(1, len(unexcused) // 4)][:4]:
        record = history.delete(1, EVENTS, identifier)
        history.put(1, EVENTS, _other_category(book, record, EXCUSED))
    _begin_later(history, 1)


def _begin_later(history: History, batch: int) -> None:
    for identifier in history.some(ENROLMENTS, 2, start=1):
        record = history.now[ENROLMENTS][identifier]
        history.rekey(
            batch, ENROLMENTS, {**record, "entryDate": _later(str(record["entryDate"]), 1)}, identifier
        )


def _second_batch(history: History) -> None:
    """The newcomer was a mistake; six absences were none; the same two begin another day later."""
    for resource in (DESCRIPTIONS, ENROLMENTS):
        history.delete(2, resource, next(reversed(history.now[resource])))
    history.delete(2, "students", next(reversed(history.now["students"])))
    for identifier in history.some(EVENTS, 6):
        history.delete(2, EVENTS, identifier)
    _begin_later(history, 2)


def _third_batch(history: History) -> None:
    """Results withdrawn, one of them entered again under the same key; results rescored."""
    for number, identifier in enumerate(history.some(RESULTS, 3)):
        record = history.delete(3, RESULTS, identifier)
        if number == 0:
            history.put(3, RESULTS, record)
    for identifier in history.some(RESULTS, 4, start=1):
        record = history.now[RESULTS][identifier]
        history.put(3, RESULTS, {**record, "serialNumber": "RESCORED"}, identifier)
