"""Core tables about schools: one source's enrollment, identifications of two years, teachers of two files."""

from __future__ import annotations

from typing import Any

from core_sql import Row, run

SCHOOL = "880001000001"


def row(source_id: str, precedence: int, **more: Any) -> Row:
    return {"organization_id": SCHOOL, "school_year": 2024, "source_id": source_id, "data_status": "final",
            "is_additive": True, "precedence": precedence, **more}  # fmt: skip


def test_an_organizations_students_come_from_its_best_source_alone() -> None:
    best = [row("a_submission", 1, student_group="all", grade=g, enrolled_students=9) for g in ("all", "01")]
    other = [row("federal", 2, student_group="all", grade=g, enrolled_students=8) for g in ("all", "02")]
    elsewhere = {**other[0], "organization_id": "880001000002"}
    found = run("enrollment", 2024, mapped__enrollment=[*best, *other, elsewhere])
    assert [(f["organization_id"], f["grade"], f["enrolled_students"]) for f in found] == [
        (SCHOOL, "01", 9),
        (SCHOOL, "all", 9),
        ("880001000002", "all", 8),
    ]


def identified(now: bool | None, *before: Row) -> Row:
    told = [row("designations", 1, is_comprehensive_support=now), row("programs", 5, is_title_i=True)]
    (found,) = run(
        "school_identifications",
        2024,
        mapped__school_identifications=told,
        previous_year__school_identifications=list(before),
    )
    return found


def in_2023(is_in: bool | None, organization_id: str = SCHOOL, entry: int | None = None) -> Row:
    return {"organization_id": organization_id, "school_year": 2023, "is_comprehensive_support": is_in,
            "entry_school_year": entry}  # fmt: skip


def what(found: Row) -> tuple[Any, ...]:
    names = ("was_comprehensive_support", "has_exited_comprehensive_support", "entry_school_year")
    return tuple(found[n] for n in names)


def test_the_status_at_the_start_of_the_year_is_that_of_the_year_before() -> None:
    assert what(identified(True, in_2023(True, entry=2021))) == (True, False, 2021)
    assert what(identified(False, in_2023(True, entry=2021))) == (True, True, None)
    assert what(identified(True, in_2023(False))) == (False, False, 2024)
    assert what(identified(False, in_2023(False))) == (False, False, None)


def test_a_school_that_was_not_listed_the_year_before_was_not_in_support() -> None:
    assert what(identified(True, in_2023(True, "880001000009"))) == (False, False, 2024)


def test_without_a_year_before_nobody_knows_who_was_in_support_and_since_when() -> None:
    assert what(identified(True)) == (None, False, None)
    assert what(identified(False)) == (None, None, None)
    assert what(identified(None, in_2023(True, entry=2021))) == (True, None, None)


def test_a_school_is_one_row_of_all_files_with_the_lineage_of_its_designation() -> None:
    found = identified(True, in_2023(False))
    assert (found["is_title_i"], found["is_targeted_support"], found["source_id"]) == (
        True,
        None,
        "designations",
    )


def test_teachers_of_one_file_stand_beside_the_quarter_of_another_and_a_quarter_alone_is_nothing() -> None:
    told = [
        row("teachers", 1, teachers_fte=12.5, inexperienced_fte=2.25),
        row("quarters", 2, poverty_quartile="high"),
        {**row("quarters", 2, poverty_quartile="low"), "organization_id": "880001000002"},
    ]
    (found,) = run("educator_quality", 2024, mapped__educator_quality=told)
    figures = [float(found[n]) for n in ("teachers_fte", "inexperienced_fte")]
    assert (figures, found["poverty_quartile"], found["source_id"]) == ([12.5, 2.25], "high", "teachers")
