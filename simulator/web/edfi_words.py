"""Descriptors of the Ed-Fi pilot: the codes of two namespaces.

Put here: how each LEA's system spells grades, absences, races and statuses; the descriptor resources.
Not here: records that use them (see `hold_edfi`).

Half the LEAs send the Ed-Fi Alliance's own codes, half the codes of their vendor under the state's namespace.
"""

from __future__ import annotations

from simulator.vocabulary import SECTION_504
from simulator.web.holding import Record, digest, moment

CORE, LOCAL = "uri://ed-fi.org", "uri://franklin.example"

GRADES = (
    ("Kindergarten", "KG"), ("First grade", "01"), ("Second grade", "02"), ("Third grade", "03"),
    ("Fourth grade", "04"), ("Fifth grade", "05"), ("Sixth grade", "06"), ("Seventh grade", "07"),
    ("Eighth grade", "08"), ("Ninth grade", "09"), ("Tenth grade", "10"), ("Eleventh grade", "11"),
    ("Twelfth grade", "12"),
)  # fmt: skip
# Attendance: excused, unexcused, late.
EXCUSED, UNEXCUSED, TARDY = 0, 1, 2
ATTENDANCE = (("Excused Absence", "AE"), ("Unexcused Absence", "AU"), ("Tardy", "T"))
SEXES = ("Female", "Male")
# Our order of races; the fourth is an ethnicity, told by a flag besides a race; the sixth is two races.
RACES = (
    ("American Indian or Alaska Native",), ("Asian",), ("Black or African American",), ("White",),
    ("Native Hawaiian or Pacific Islander",), ("Asian", "White"), ("White",),
)  # fmt: skip
HISPANIC = 3
CHARACTERISTICS = {
    "economically_disadvantaged": (CORE, "Economic Disadvantaged"),
    "homeless": (CORE, "Homeless"),
    "foster": (CORE, "Foster Care"),
    "military_connected": (CORE, "Parent in Military"),
    "migrant": (LOCAL, "Migrant"),
    SECTION_504: (LOCAL, "Section 504"),
}
DISABILITIES = (
    "Specific Learning Disability", "Speech or Language Impairment", "Autism Spectrum Disorders",
    "Other Health Impairment", "Serious Emotional Disability",
)  # fmt: skip


class Descriptors:
    """Gives descriptor values and remembers which there are."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str, str], None] = {}

    def value(self, kind: str, code: str, namespace: str = CORE) -> str:
        """Write a descriptor value, e.g. `uri://ed-fi.org/SexDescriptor#Female`."""
        self._used[kind, namespace, code] = None
        return f"{namespace}/{kind}Descriptor#{code}"

    def spelled(self, kind: str, words: tuple[str, str], is_local: bool) -> str:
        """Write a value as the LEA's system does: Ed-Fi's word, or the vendor's code."""
        return self.value(kind, words[is_local], LOCAL if is_local else CORE)

    def complete(self) -> None:
        """Have the codes too that only a correction will use."""
        for is_local in (False, True):
            for words in ATTENDANCE:
                self.spelled("AttendanceEventCategory", words, is_local)

    def records(self) -> list[tuple[str, Record]]:
        """One record a descriptor, with the resource it belongs to."""
        made = []
        for number, (kind, namespace, code) in enumerate(sorted(self._used), start=1):
            name = kind[0].lower() + kind[1:]
            record: Record = {
                "id": digest("descriptor", kind, namespace, code),
                f"{name}DescriptorId": number,
                "codeValue": code,
                "description": code,
                "namespace": f"{namespace}/{kind}Descriptor",
                "shortDescription": code,
                "_etag": str(5_250_000_000_000_000_000 + number),
                "_lastModifiedDate": moment(0),
            }
            made.append((f"{name}Descriptors", record))
        return made
