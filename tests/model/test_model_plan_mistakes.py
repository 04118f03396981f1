"""Each kind of mistake in a plan has its own error, with the line at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.model.errors import SpmError
from warehouse.model.measure import load_measures
from warehouse.model.plan import Plan, nodes
from warehouse.model.plan_changes import plan_changes
from warehouse.model.plan_rules import load_plan
from warehouse.model.plans import load_nested_plans, load_own_plan, load_plan_versions

PLAN = """\
plan_id: state-plan
title: Plan
owning_organization: "FK"
vision: v
mission: m
version: 2
effective_from: 2024-07-01
approved_by: Board
change_note: More.
categories: [{code: talent, title: Talent}]
spending_outcome:
  {organization_type: LEA, spending: total_expenditure_per_pupil, outcome: repeat_finding_rate}
units:
  - {unit_id: sea, name: Agency, unit_type: agency}
  - {unit_id: reading, name: Reading, unit_type: unit, parent: sea}
goals:
  - code: G1
    title: Students are in school
    measures:
      - measure: chronic_absence_rate
        role: goal
        scope: {organization: "FK"}
        student_group: all
        grade: all
        baseline: {school_year: 2023, value: 30.0}
        targets:
          - {school_year: 2024, value: 27.0}
          - {school_year: 2025, value: 24.0}
      - measure: ela_participation_rate
        role: goal
        scope: {organization: "FK"}
        student_group: all
        grade: all
        subject: ela
        targets: [{school_year: 2025, low: 96.0, high: 99.0}]
    strategies:
      - code: S1
        title: Reach families
        theory_of_action: {if: we call, then: they come}
        lead_unit: reading
        categories: [talent]
        outcome: chronic_absence_rate_to_date
        measures:
          - measure: chronic_absence_rate_to_date
            role: strategy
            scope: {organization_type: LEA}
            student_group: all
            period: month
            baseline: {school_year: 2023, period: "2023-06"}
            targets: [{school_year: 2025, period: "2024-12", value: 20.0}]
        resources:
          - {award_id: S010A240012, amount_usd: 100}
          - {account: 01-4100, amount_usd: 100}
        milestones:
          - code: M1
            title: Half-way
            school_year: 2025
            lead_unit: sea
            collaborators: [reading]
            due: 2025-03-31
            actions:
              - {code: A1, title: Call, lead: Somebody, start: 2024-09-01, due: 2025-01-31}
"""
NESTED = """\
plan_id: district-plan
title: District
owning_organization: "8800010"
aligned_to_plan: state-plan
vision: v
mission: m
version: 1
effective_from: 2024-07-01
approved_by: Board
change_note: First.
units: [{unit_id: office, name: Office, unit_type: agency}]
goals:
  - code: G1
    title: Ours
    aligned_to: G1
    measures: [{measure: repeat_finding_rate, role: goal, scope: {organization: "8800010"}}]
"""

# What is changed, what the error says, and what the line it names has in it.
MISTAKES: list[tuple[str, str, str, str, str]] = [
    ("no note of a change", "change_note: More.", "change_note: ' '", "says what changed", "change_note"),
    ("unknown unit", "lead_unit: reading", "lead_unit: maths", "Unknown unit", "maths"),
    ("unknown parent", "parent: sea}", "parent: maths}", "Unknown unit", "maths"),
    ("unit twice", "unit_id: reading", "unit_id: sea", "Unit stands twice", "Reading"),
    ("circle", "name: Agency, unit_type: agency}", "name: Agency, unit_type: agency, parent: reading}",
     "in a circle", "Agency"),
    ("unit above itself", "parent: sea}", "parent: reading}", "in a circle", "Reading"),
    ("lead also helps", "collaborators: [reading]", "collaborators: [sea]", "one part", "collaborators"),
    ("no lead unit", "            lead_unit: sea\n", "", "'lead_unit' is missing", "code: M1"),
    ("no school year", "            school_year: 2025\n", "", "'school_year' is missing", "code: M1"),
    ("unknown category", "categories: [talent]", "categories: [tallent]", "Unknown category", "tallent"),
    ("strategy without measure", "        measures:\n          - measure: chronic_absence_rate_to_date\n"
     "            role: strategy\n            scope: {organization_type: LEA}\n"
     "            student_group: all\n"
     "            period: month\n            baseline: {school_year: 2023, period: \"2023-06\"}\n"
     "            targets: [{school_year: 2025, period: \"2024-12\", value: 20.0}]\n", "",
     "Strategy G1.S1 has no measure", "code: S1"),
    ("unknown measure", "measure: ela_participation_rate", "measure: ela_participation", "No such measure",
     "ela_participation"),
    ("measure twice", "measure: ela_participation_rate\n        role: goal\n"
     "        scope: {organization: \"FK\"}\n        student_group: all\n        grade: all\n"
     "        subject: ela\n        targets: [{school_year: 2025, low: 96.0, high: 99.0}]",
     "measure: chronic_absence_rate\n        role: goal\n        scope: {organization: \"FK\"}\n"
     "        student_group: all\n        grade: all", "stands twice at this node", "chronic_absence_rate"),
    ("role of another level", "role: strategy", "role: milestone", "belongs to a milestone", "milestone"),
    ("grain it has not", "scope: {organization_type: LEA}", "scope: {organization_type: CBO}",
     "no figures for every CBO", "CBO"),
    ("unknown group", "        student_group: all\n        grade: all\n        subject",
     "        student_group: martians\n        grade: all\n        subject", "Unknown student group",
     "martians"),
    ("unknown grade", "        grade: all\n        subject", "        grade: '14'\n        subject",
     "Unknown grade", "14"),
    ("target against polarity", "{school_year: 2024, value: 27.0}", "{school_year: 2024, value: 31.0}",
     "runs against the measure's polarity", "31.0"),
    ("targets turn back", "{school_year: 2025, value: 24.0}", "{school_year: 2025, value: 28.0}",
     "Interim targets turn back", "28.0"),
    ("baseline after target", "baseline: {school_year: 2023, value", "baseline: {school_year: 2025, value",
     "before the baseline", "targets"),
    ("one value and a range", "{school_year: 2024, value: 27.0}", "{school_year: 2024, low: 27.0}",
     "is one value", "27.0"),
    ("range and one value", "low: 96.0, high: 99.0", "value: 96.0", "is a range", "96.0"),
    ("range reversed", "low: 96.0, high: 99.0", "low: 99.0, high: 96.0", "reversed", "99.0"),
    ("outside the range", "low: 96.0", "low: 90.0", "narrow the range", "90.0"),
    ("month of a yearly measure", "baseline: {school_year: 2023, value: 30.0}",
     "period: month\n        baseline: {school_year: 2023, value: 30.0}", "has no figures by month", "month"),
    ("year of a monthly measure", "            period: month\n", "", "no figure of the year as a whole",
     "chronic_absence_rate_to_date"),
    ("month of the plan's year", "{school_year: 2024, value: 27.0}",
     "{school_year: 2024, value: 27.0, period: '2023-12'}", "judged by month", "2023-12"),
    ("month outside its year", 'period: "2024-12"', 'period: "2025-12"', "outside the school year",
     "2025-12"),
    ("dates reversed", "start: 2024-09-01", "start: 2025-02-01", "starts after it is due", "2025-02-01"),
    ("action after the year", "due: 2025-01-31", "due: 2025-07-31", "The action is due after", "2025-07-31"),
    ("milestone after the year", "due: 2025-03-31", "due: 2025-09-30", "The milestone is due after",
     "2025-09-30"),
    ("milestone before the year", "due: 2025-03-31", "due: 2024-03-31", "The milestone is due before",
     "2024-03-31"),
    ("outcome of another", "outcome: chronic_absence_rate_to_date", "outcome: repeat_finding_rate",
     "not a measure of the strategy", "repeat_finding_rate"),
    ("money from nowhere", "{award_id: S010A240012, amount_usd", "{amount_usd", "an award or an account",
     "amount_usd: 100"),
    ("no award", "award_id: S010A240012", "award_id: s010a-240012", "Not the number of an award", "s010a"),
    ("no account", "account: 01-4100", "account: '01 4100'", "Not an account", "01 4100"),
    ("negative money", "account: 01-4100, amount_usd: 100", "account: 01-4100, amount_usd: -1",
     "greater than or equal to 0", "-1"),
    ("unknown spending", "spending: total_expenditure_per_pupil", "spending: total", "No such measure",
     "spending"),
    ("outcome without direction", "outcome: repeat_finding_rate}", "outcome: federal_revenue_share}",
     "neither more nor less is better", "federal_revenue_share"),
    ("aligned to itself", "    title: Students are in school", "    title: Students are in school\n"
     "    aligned_to: G1", "aligned to none above", "aligned_to"),
    ("unknown strategy", "    strategies:\n", "      - {measure: cost_per_student_gained, role: context, "
     "scope: {organization: FK}, strategy_id: G1.S9}\n    strategies:\n", "Unknown strategy", "G1.S9"),
    ("cost of no strategy", "    strategies:\n", "      - {measure: cost_per_student_gained, role: context, "
     "scope: {organization: FK}}\n    strategies:\n", "such as G1.S1", "cost_per_student_gained"),
    ("not told apart", "        subject: ela\n", "        subject: ela\n        award_id: S010A240012\n",
     "not told apart by award_id", "award_id: S010A240012"),
    ("scope of two kinds", "scope: {organization_type: LEA}",
     "scope: {organization_type: LEA, organization: FK}", "one organization or one organization type",
     "organization_type: LEA, organization"),
    ("own plan aligned", "version: 2", "version: 2\naligned_to_plan: x", "others are aligned to",
     "aligned_to_plan"),
]  # fmt: skip


def write(folder: Path, text: str = PLAN) -> Path:
    path = folder / "plan.yml"
    path.write_text(text, encoding="utf-8")
    return path


def own(folder: Path) -> Plan:
    return load_own_plan(folder, load_measures()).value


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [mistake[1:] for mistake in MISTAKES],
    ids=[mistake[0] for mistake in MISTAKES],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, words: str, line: str) -> None:
    assert PLAN.count(old) == 1
    path = write(tmp_path, PLAN.replace(old, new))
    with pytest.raises(SpmError) as caught:
        own(tmp_path)
    assert words in str(caught.value)
    assert caught.value.remedy
    assert (caught.value.file, caught.value.line is not None) == (str(path), True)
    assert line in path.read_text(encoding="utf-8").splitlines()[int(caught.value.line or 0) - 1]


def test_the_plan_without_a_mistake_is_read_and_each_mistake_has_words_of_its_own(tmp_path: Path) -> None:
    write(tmp_path)
    assert [n.lead_unit for n in nodes(own(tmp_path))] == [None, "reading", "sea", "sea"]
    said = {mistake[3] for mistake in MISTAKES}
    assert len(said) >= 35


def test_a_node_that_rolls_up_by_weight_has_one(tmp_path: Path) -> None:
    text = PLAN.replace("version: 2", "version: 2\nroll_up: weighted").replace(
        "role: strategy", "role: strategy\n            weight: 0"
    )
    with pytest.raises(SpmError, match="rolls up by weight, and no measure of it has any"):
        load_plan(write(tmp_path, text), load_measures())


def nested(folder: Path, *texts: str) -> tuple[Plan, ...]:
    write(folder)
    (folder / "plans").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / "plans" / f"{number}.yml").write_text(text, encoding="utf-8")
    return tuple(plan.value for plan in load_nested_plans(folder, own(folder), load_measures()))


def test_nodes_of_a_nested_plan_begin_with_their_owner(tmp_path: Path) -> None:
    (plan,) = nested(tmp_path, NESTED)
    assert [n.node_id for n in nodes(plan)] == ["L8800010.G1"]


@pytest.mark.parametrize(
    ("old", "new", "words", "line"),
    [
        ("    aligned_to: G1\n", "", "does not say which goal", "code: G1"),
        ("    aligned_to: G1\n", "    aligned_to: G9\n", "has no such goal", "G9"),
        ("aligned_to_plan: state-plan\n", "", "aligned to the agency's own", "plan_id"),
        ("aligned_to_plan: state-plan", "aligned_to_plan: other", "aligned to the agency's own", "other"),
        ('"8800010"\naligned', '"FK"\naligned', "own plan is plan.yml", "FK"),
        ("plan_id: district-plan", "plan_id: state-plan", "Two plans have one id", "state-plan"),
        ("measure: repeat_finding_rate", "measure: nothing", "No such measure", "nothing"),
    ],
)
def test_a_nested_plan_that_does_not_fit_is_refused(
    tmp_path: Path, old: str, new: str, words: str, line: str
) -> None:
    assert NESTED.count(old) == 1
    text = NESTED.replace(old, new)
    with pytest.raises(SpmError, match=words) as caught:
        nested(tmp_path, text)
    at = caught.value.line
    assert caught.value.file == str(tmp_path / "plans" / "0.yml")
    assert at is not None and (line in text.splitlines()[at - 1] or old.startswith("aligned_to_plan: state"))


def test_an_organization_has_one_plan(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="An organization has two plans"):
        nested(tmp_path, NESTED, NESTED.replace("district-plan", "second-plan"))


EARLIER = PLAN.replace("version: 2", "version: 1").replace("2024-07-01", "2023-07-01")


def versions(folder: Path, **texts: str) -> tuple[Plan, ...]:
    (folder / "plan_versions").mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / "plan_versions" / f"{name[1:]}.yml").write_text(text, encoding="utf-8")
    return load_plan_versions(folder, load_own_plan(folder, load_measures()))


def test_earlier_versions_are_kept_in_their_order(tmp_path: Path) -> None:
    write(tmp_path, PLAN.replace("version: 2", "version: 12"))
    second = EARLIER.replace("version: 1", "version: 10").replace("2023-07-01", "2023-09-01")
    assert [plan.version for plan in versions(tmp_path, v1=EARLIER, v10=second)] == [1, 10]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("v1", "version: 1", "version: 7", "Version and file name differ"),
        ("v3", "version: 1", "version: 3", "plan.yml is the newest version"),
        ("v2", "version: 1", "version: 2", "plan.yml is the newest version"),
        ("v1", "2023-07-01", "2024-07-01", "not in force later"),
        ("v1", "plan_id: state-plan", "plan_id: other", "is of another plan"),
        ("v1", "change_note: More.", "change_note: ''", "says what changed"),
    ],
)
def test_versions_that_do_not_rise_are_refused(
    tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    write(tmp_path)
    with pytest.raises(SpmError, match=words) as caught:
        versions(tmp_path, **{file: EARLIER.replace(old, new)})
    assert caught.value.line is not None


def test_what_a_version_changed_is_told_thing_by_thing(tmp_path: Path) -> None:
    write(tmp_path)
    before = EARLIER.replace("title: Half-way", "title: A third").replace("value: 24.0}", "value: 25.0}")
    before = before.replace("          - {school_year: 2024, value: 27.0}\n", "")
    before = before[: before.index("            actions:")]
    (earlier,) = versions(tmp_path, v1=before)
    found = [
        (c.what, c.subject, c.change, c.field, c.before, c.after)
        for c in plan_changes(earlier, own(tmp_path))
    ]
    rate = "G1/chronic_absence_rate/FK/all/all"
    assert found == [
        ("node", "G1.S1.M1", "changed", "title", "A third", "Half-way"),
        ("node", "G1.S1.M1.A1", "added", "", None, "Call"),
        ("target", f"{rate}@2024", "added", "", None, "value 27"),
        ("target", f"{rate}@2025", "changed", "value", "25", "24"),
    ]  # fmt: skip


def test_a_plan_has_not_changed_against_itself(tmp_path: Path) -> None:
    write(tmp_path)
    assert plan_changes(own(tmp_path), own(tmp_path)) == []
