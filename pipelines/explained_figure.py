"""Which figure of the release is meant by measure, organization, year and dimensions.

Put here: choosing one figure, and saying what there is when it is not there.
Not here: what is told about it (`explain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.model.dimensions import DIMENSIONS
from warehouse.model.errors import SpmError
from warehouse.read import Reader, Row

VIEWS = ("none", "as_published", "authorizer", "reporting_lea")
WHOLE = ("all", "none")
OPTIONS = {
    "student_group": "--group",
    "grade": "--grade",
    "subject": "--subject",
    "federal_program_code": "--program",
    "award_id": "--award",
    "strategy_id": "--strategy",
    "period": "--period",
    "organization_view": "--view",
}
WHOLE_YEAR = "annual"


@dataclass(frozen=True)
class Asked:
    """Which figure; None for a dimension means all students, all grades and so on, and the whole year."""

    measure_id: str
    organization_id: str
    school_year: int
    student_group: str | None = None
    grade: str | None = None
    subject: str | None = None
    federal_program_code: str | None = None
    award_id: str | None = None
    strategy_id: str | None = None
    period: str | None = None
    view: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """What was asked for by name, by column."""
        asked = {name: getattr(self, name) for name in DIMENSIONS} | {"organization_view": self.view}
        return {name: value for name, value in asked.items() if value is not None}


def the_figure(reader: Reader, asked: Asked, views: Sequence[str]) -> tuple[Row, list[Row]]:
    """The figure that is meant, and the same figure in the organization's other views.

    A dimension that is not given is the whole (all students, all grades), or its only value where there is
    only one. `views` are in order of preference.

    Raises:
        SpmError: There is no such figure; says which part is wrong and what there is.
    """
    candidates = reader.measure_values(
        measure_id=asked.measure_id,
        organization_id=asked.organization_id,
        school_year=asked.school_year,
    )
    if not candidates:
        raise _no_figure(asked, "", _elsewhere(reader, asked))
    candidates = _of_period(asked, candidates)
    _require_known(asked, candidates)
    fitting = [row for row in candidates if all(row[name] == value for name, value in asked.given.items())]
    if not fitting:
        raise _no_figure(asked, " with these together", _there(candidates))
    for name in DIMENSIONS:
        fitting = _taken(asked, name, fitting)
    chosen = min(fitting, key=lambda row: views.index(row["organization_view"]))
    same = [row for row in candidates if all(row[name] == chosen[name] for name in DIMENSIONS)]
    others = [row for row in same if row["organization_view"] != chosen["organization_view"]]
    return chosen, sorted(others, key=lambda row: views.index(row["organization_view"]))


def command(row: Row) -> str:
    """The command that explains a figure."""
    words = ["spm explain", row["measure_id"], "--org", row["organization_id"], "--year"]
    words.append(str(row["school_year"]))
    for name, option in OPTIONS.items():
        if row[name] not in (*WHOLE, WHOLE_YEAR) or (name == "student_group" and row[name] == "all"):
            words += [option, row[name]]
    return " ".join(words)


def _of_period(asked: Asked, rows: Sequence[Row]) -> list[Row]:
    """The rows of the period that is meant: the year, or the last where there is none for the year."""
    known = _values(rows, "period")
    whole = WHOLE_YEAR if WHOLE_YEAR in known else known[-1]
    wanted = asked.period or whole
    if wanted not in known:
        raise _no_figure(asked, f" with period {wanted!r}", f"It has {', '.join(known)} (--period)")
    return [row for row in rows if row["period"] == wanted]


def _require_known(asked: Asked, candidates: Sequence[Row]) -> None:
    """Accept what was given where the figures have each of it, whatever the rest."""
    for name, value in asked.given.items():
        known = _values(candidates, name)
        if value not in known:
            has = [v for v in known if v != "none"]
            raise _no_figure(
                asked,
                f" with {name.replace('_', ' ')} {value!r}",
                f"It has {name} {', '.join(has)} ({OPTIONS[name]})" if has else f"Leave out {OPTIONS[name]}",
            )


def _taken(asked: Asked, name: str, rows: Sequence[Row]) -> list[Row]:
    """The rows with the value of a dimension that is meant when none is given."""
    if name in asked.given:
        return list(rows)
    known = _values(rows, name)
    whole = [value for value in known if value in WHOLE]
    if not whole and len(known) > 1:
        what = name.replace("_", " ")
        raise _no_figure(
            asked, f" for every {what} together", f"Choose one with {OPTIONS[name]}: {', '.join(known)}"
        )
    meant = whole[0] if whole else known[0]
    return [row for row in rows if row[name] == meant]


def _values(rows: Sequence[Row], name: str) -> list[str]:
    return sorted({str(row[name]) for row in rows})


def _no_figure(asked: Asked, which: str, remedy: str) -> SpmError:
    return SpmError(
        f"The release has no figure of {asked.measure_id} for {asked.organization_id} in "
        f"{asked.school_year}{which}",
        remedy=remedy,
    )


def _there(rows: Sequence[Row]) -> str:
    names = [name for name in OPTIONS if _values(rows, name) not in (["none"], [WHOLE_YEAR])]
    return "It has: " + "; ".join(f"{name} {', '.join(_values(rows, name))}" for name in names)


def _elsewhere(reader: Reader, asked: Asked) -> str:
    """What there is instead when a year has no figure of the organization at all."""
    absent = reader.absent(table_name="measure_value", part=asked.measure_id, school_year=asked.school_year)
    if absent:
        return f"The whole year is absent: {absent[0]['reason']}"
    same = reader.measure_values(measure_id=asked.measure_id, organization_id=asked.organization_id)
    if same:
        return f"It has the years {', '.join(_values(same, 'school_year'))}"
    known = reader.table("organization", organization_id=asked.organization_id)
    if not known:
        return "Look up the id in current_organization"
    return f"`spm measures` shows what {known[0]['organization_type']} figures there are"
