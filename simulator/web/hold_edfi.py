"""What the Ed-Fi pilot holds: the records of one school year as they really are.

Put here: records of schools, students, enrolments, absences and test results in Ed-Fi's shape.
Not here: how they came to be as they are (see `edfi_changes`), nor the choice of LEAs (see `pilot`).

Students have ids and no names. Attendance is negative: a day without an event is a day in attendance.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from simulator.organizations import Lea, School
from simulator.outcomes import ALTERNATE, TEST_DAY, WITH_ACCOMMODATION
from simulator.school_calendar import INSTRUCTIONAL_DAYS, instructional_days
from simulator.settings import Settings
from simulator.vocabulary import STATUSES
from simulator.web import edfi_words as words
from simulator.web.edfi_words import LOCAL, Descriptors
from simulator.web.holding import Record
from simulator.web.pilot import Year

Spelled = Iterator[tuple[str, Record]]
STATE_ID = 88
ASSESSMENT_NAMESPACE = f"{LOCAL}/Assessment"


def session_name(year: int) -> str:
    """Name the one session of a school's year."""
    return f"{year - 1}-{year} Full Year"


class Book:
    """Writes the records of one year."""

    def __init__(self, settings: Settings, year: Year, descriptors: Descriptors) -> None:
        self.settings = settings
        self.year = year
        self.words = descriptors
        self.calendar = instructional_days(year.students.year)
        self.school_of = {school.position: school for school in year.pilot.schools}

    @property
    def number(self) -> int:
        """The school year."""
        return self.year.students.year

    def records(self) -> Spelled:
        """All records, organizations first, in the order a district sends them."""
        yield from (("localEducationAgencies", self.lea(lea)) for lea in self.year.pilot.leas)
        yield from (("schools", self.school(school)) for school in self.year.pilot.schools)
        yield from (("sessions", self.session(school)) for school in self.year.pilot.schools)
        yield from (("assessments", record) for record in self.assessments())
        people = np.unique(self.year.spells.student)
        for who in people:
            yield "students", {"studentUniqueId": self.student_id(int(who))}
        yield from (("studentSchoolAssociations", record) for record in self.enrolments())
        yield from (("studentEducationOrganizationAssociations", record) for record in self.descriptions())
        yield from (("studentSchoolAttendanceEvents", record) for record in self.absences())
        yield from (("studentAssessments", record) for record in self.results())

    def student_id(self, position: int) -> str:
        """The state's student id."""
        return f"{int(self.year.students.number[position]):09d}"

    def uses_local(self, school: int) -> bool:
        """Whether a school's LEA sends the codes of its vendor."""
        return self.year.pilot.uses_local(self.year.pilot.reporters[school])

    def school_reference(self, school: int) -> Record:
        """Name a school by the number that lost its leading zero."""
        return {"schoolId": int(self.school_of[school].state_id)}

    def _codes(self, state_id: str, nces_id: str) -> list[Record]:
        kind = "EducationOrganizationIdentificationSystem"
        name = "educationOrganizationIdentificationSystemDescriptor"
        return [
            {name: self.words.value(kind, "SEA"), "identificationCode": state_id},
            {name: self.words.value(kind, "NCES"), "identificationCode": nces_id},
        ]

    def lea(self, lea: Lea) -> Record:
        """A local education agency."""
        category = "Charter" if lea.is_charter else "Independent"
        return {
            "localEducationAgencyId": int(lea.nces_id),
            "stateEducationAgencyReference": {"stateEducationAgencyId": STATE_ID},
            "nameOfInstitution": lea.name,
            "localEducationAgencyCategoryDescriptor": self.words.value(
                "LocalEducationAgencyCategory", category
            ),
            "operationalStatusDescriptor": self.words.value("OperationalStatus", "Active"),
            "educationOrganizationIdentificationCodes": self._codes(lea.state_id, lea.nces_id),
        }

    def school(self, school: School) -> Record:
        """A school."""
        local = self.uses_local(school.position)
        grades = words.GRADES[school.low_grade : school.high_grade + 1]
        lea = next(lea for lea in self.year.pilot.leas if lea.position == school.reporting)
        return {
            "schoolId": int(school.state_id),
            "localEducationAgencyReference": {"localEducationAgencyId": int(lea.nces_id)},
            "nameOfInstitution": school.name,
            "charterStatusDescriptor": self.words.value(
                "CharterStatus", "School Charter" if school.is_charter else "Not a Charter School"
            ),
            "operationalStatusDescriptor": self.words.value("OperationalStatus", "Active"),
            "gradeLevels": [
                {"gradeLevelDescriptor": self.words.spelled("GradeLevel", grade, local)} for grade in grades
            ],
            "educationOrganizationIdentificationCodes": self._codes(school.state_id, school.nces_id),
        }

    def session(self, school: School) -> Record:
        """The one session of a school's year."""
        return {
            "sessionName": session_name(self.number),
            "schoolReference": {"schoolId": int(school.state_id)},
            "schoolYearTypeReference": {"schoolYear": self.number},
            "beginDate": self.calendar[0].isoformat(),
            "endDate": self.calendar[-1].isoformat(),
            "termDescriptor": self.words.value("Term", "Year Round"),
            "totalInstructionalDays": INSTRUCTIONAL_DAYS,
        }

    def enrolments(self) -> Iterator[Record]:
        """Who was enrolled at which school from when to when; movers have two."""
        spells, grade = self.year.spells, self.year.students.grade
        for who, school, first, last in zip(
            spells.student, spells.school, spells.first_day, spells.last_day, strict=True
        ):
            local = self.uses_local(int(school))
            record: Record = {
                "studentReference": {"studentUniqueId": self.student_id(int(who))},
                "schoolReference": self.school_reference(int(school)),
                "schoolYearTypeReference": {"schoolYear": self.number},
                "entryDate": self.calendar[first].isoformat(),
                "entryGradeLevelDescriptor": self.words.spelled(
                    "GradeLevel", words.GRADES[grade[who]], local
                ),
                "entryTypeDescriptor": self.words.value(
                    "EntryType", "Transfer" if first else "Next year school"
                ),
                "primarySchool": True,
            }
            if last < INSTRUCTIONAL_DAYS:
                # The day of withdrawal is the last one in attendance.
                record["exitWithdrawDate"] = self.calendar[last - 1].isoformat()
                record["exitWithdrawTypeDescriptor"] = self.words.value("ExitWithdrawType", "Transferred")
            yield record

    def descriptions(self) -> Iterator[Record]:
        """Who the students are, told by each LEA that has them."""
        pairs = {
            (int(who), self.year.pilot.reporters[int(school)]): None
            for who, school in zip(self.year.spells.student, self.year.spells.school, strict=True)
        }
        numbers = {lea.position: int(lea.nces_id) for lea in self.year.pilot.leas}
        for who, lea in pairs:
            yield {
                "educationOrganizationReference": {"educationOrganizationId": numbers[lea]},
                "studentReference": {"studentUniqueId": self.student_id(who)},
                **self._description(who),
            }

    def _description(self, who: int) -> Record:
        people, value = self.year.students, self.words.value
        race, number = int(people.race[who]), int(people.number[who])
        statuses = {name: bool(people.statuses[name][who]) for name in (*STATUSES, "section_504")}
        characteristics = [
            {"studentCharacteristicDescriptor": value("StudentCharacteristic", code, namespace)}
            for name, (namespace, code) in words.CHARACTERISTICS.items()
            if statuses[name]
        ]
        limited = "Limited" if statuses["english_learner"] else "NotLimited"
        record: Record = {
            "sexDescriptor": value("Sex", words.SEXES[int(people.sex[who])]),
            "hispanicLatinoEthnicity": race == words.HISPANIC,
            "races": [{"raceDescriptor": value("Race", code)} for code in words.RACES[race]],
            "studentCharacteristics": characteristics,
            "limitedEnglishProficiencyDescriptor": value("LimitedEnglishProficiency", limited),
            "disabilities": [],
        }
        if statuses["children_with_disabilities"]:
            code = words.DISABILITIES[number % len(words.DISABILITIES)]
            record["disabilities"] = [{"disabilityDescriptor": value("Disability", code)}]
        return record

    def absences(self) -> Iterator[Record]:
        """Each day of absence."""
        local = {school.state_id: self.uses_local(school.position) for school in self.year.pilot.schools}
        columns = (self.year.events[n].to_pylist() for n in
                   ("student_id", "school_identifier_sea", "date", "attendance_status"))  # fmt: skip
        for student, school, day, status in zip(*columns, strict=True):
            kind = words.EXCUSED if status == "absent_excused" else words.UNEXCUSED
            yield self.event(student, int(school), day, kind, local[school])

    def event(self, student: str, school: int, day: date, kind: int, local: bool) -> Record:
        """One attendance event."""
        category = self.words.spelled("AttendanceEventCategory", words.ATTENDANCE[kind], local)
        return {
            "attendanceEventCategoryDescriptor": category,
            "eventDate": day.isoformat(),
            "schoolReference": {"schoolId": school},
            "sessionReference": {
                "schoolId": school, "schoolYear": self.number, "sessionName": session_name(self.number),
            },
            "studentReference": {"studentUniqueId": student},
            "educationalEnvironmentDescriptor": self.words.value("EducationalEnvironment", "Classroom"),
        }  # fmt: skip

    def assessments(self) -> Iterator[Record]:
        """The tests: one a grade, and an alternate one."""
        for grade in sorted({int(g) for g in self.year.students.grade[self.year.tested.student]}):
            for is_alternate in (False, True):
                yield {
                    "assessmentIdentifier": assessment_name(grade, is_alternate),
                    "namespace": ASSESSMENT_NAMESPACE,
                    "assessmentTitle": "Alternate English Language Arts"
                    if is_alternate
                    else "English Language Arts",
                    "assessmentVersion": self.number,
                    "academicSubjects": [
                        {
                            "academicSubjectDescriptor": self.words.value(
                                "AcademicSubject", "English Language Arts"
                            )
                        }
                    ],
                    "assessedGradeLevels": [
                        {"gradeLevelDescriptor": self.words.value("GradeLevel", words.GRADES[grade][0])}
                    ],
                }

    def results(self) -> Iterator[Record]:
        """Test results, and for those who were there and not tested a record that says why."""
        tested, draw = self.year.tested, self.settings.generator(60, self.number)
        upper = draw.random(len(tested.student)) < 0.4
        for i, who in enumerate(tested.student):
            level = 2 * int(tested.proficient[i]) + int(upper[i])
            kind = int(tested.assessment[i])
            record = self._attempt(int(who), int(tested.school[i]), kind == ALTERNATE)
            yield {**record, **self._score(level, 2_400 + 40 * level + int(who) % 40, kind)}
        for who, school in zip(self.year.untested.student, self.year.untested.school, strict=True):
            reason = self.words.value("ReasonNotTested", "Absent")
            yield {**self._attempt(int(who), int(school), False), "reasonNotTestedDescriptor": reason}

    def _attempt(self, who: int, school: int, is_alternate: bool) -> Record:
        grade = int(self.year.students.grade[who])
        return {
            "studentAssessmentIdentifier": f"{self.number}-{self.student_id(who)}-ELA",
            "assessmentReference": {
                "assessmentIdentifier": assessment_name(grade, is_alternate),
                "namespace": ASSESSMENT_NAMESPACE,
            },
            "studentReference": {"studentUniqueId": self.student_id(who)},
            "schoolYearTypeReference": {"schoolYear": self.number},
            "reportedSchoolReference": self.school_reference(school),
            "administrationDate": f"{self.calendar[TEST_DAY].isoformat()}T00:00:00Z",
            "whenAssessedGradeLevelDescriptor": self.words.value("GradeLevel", words.GRADES[grade][0]),
        }

    def _score(self, level: int, scale: int, kind: int) -> Record:
        scale_score = self.words.value("AssessmentReportingMethod", "Scale score")
        proficiency = self.words.value("AssessmentReportingMethod", "Proficiency level")
        accommodation = self.words.value("Accommodation", "Extended Time")
        return {
            "scoreResults": [
                {
                    "assessmentReportingMethodDescriptor": scale_score,
                    "result": str(scale),
                    "resultDatatypeTypeDescriptor": self.words.value("ResultDatatypeType", "Integer"),
                }
            ],
            "performanceLevels": [
                {
                    "assessmentReportingMethodDescriptor": proficiency,
                    "performanceLevelDescriptor": self.words.value("PerformanceLevel", str(level + 1), LOCAL),
                    "performanceLevelMet": level >= 2,
                }
            ],
            "accommodations": (
                [{"accommodationDescriptor": accommodation}] if kind == WITH_ACCOMMODATION else []
            ),
        }


def assessment_name(grade: int, is_alternate: bool) -> str:
    """Name a test."""
    return f"{'FAA' if is_alternate else 'FSA'}-ELA-G{grade:02d}"
