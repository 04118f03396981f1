"""Each figure of Connecticut that public files give, at every grain and group, counted by csv and pandas."""

from __future__ import annotations

from collections import defaultdict

import pytest
from acgr_cells import GROUPS as ACGR_GROUPS
from acgr_cells import bound, classify, rows
from compared import Figure, assert_equal, ratio, released
from edsight_cells import Districts, finance, grouped, number, of_year, poverty, printed

GROUP = "organization_id, school_year, student_group"
CELL = f"{GROUP}, grade"
TESTED, SCORED = "Total NumberTested", "Total Number with Scored Tests"
STUDENTS, TAKING = "Total Numberof Students", "Smarter BalancedParticipationRate"
MET = "Level 3&4 Met or Exceeded Count"
COHORT_YEARS, ABSENCE_YEARS = (2012, 2013, 2014), (2012, 2013, 2014, 2016)


@pytest.fixture(scope="module")
def districts(project):
    return Districts(project / "agencies" / "connecticut" / "crosswalks" / "lea_nces.csv")


@pytest.fixture(scope="module")
def absences(shared_data, districts):
    """The printed percentage of each organization, year, group and grade, hidden ones as nothing."""
    found = {}
    for year in ABSENCE_YEARS:
        for file in of_year(shared_data, "chronic-absenteeism-*", year):
            for row in printed(file):
                if row.get("District Code") != "0000000":  # the state again, among its districts
                    key = (districts.of_row(row), year, *grouped(file, row))
                    assert key not in found
                    found[key] = number(row["% Chronically Absent"])
    return found


@pytest.fixture(scope="module")
def tests_taken(shared_data, districts):
    """The rows of the Smarter Balanced files of 2015-16 by organization, group, grade and subject."""
    found = {}
    for file in of_year(shared_data, "smarter-balanced-*", 2016):
        for row in printed(file):
            group, grade = grouped(file, row)
            if group:
                key = (districts.of_row(row), group, grade, row["Subject"].lower())
                assert key not in found
                found[key] = row
    return found


def proficiency(row: dict[str, str]) -> Figure:
    met, scored, tested = (number(row[name]) for name in (MET, SCORED, TESTED))
    if met is not None and scored is not None:
        return ratio(met, scored)
    percent = number(list(row.values())[list(row).index(MET) + 1])
    if tested == 0:
        return Figure(n=0)
    return Figure(value=percent, n=None if tested is None else int(tested))


def participation(row: dict[str, str]) -> Figure | None:
    tested, students = number(row[TESTED]), number(row[STUDENTS])
    if students == 0 or (students is None and number(row[TAKING]) is None and row[MET] != "*"):
        return None
    if tested is not None and students is not None:
        return ratio(tested, students)
    return Figure(value=number(row[TAKING]), n=None if students is None else int(students))


def test_every_absence_rate_is_the_printed_one(connecticut, absences):
    found = released(connecticut, "chronic_absence_rate", CELL)
    assert_equal(found, {key: Figure(value=value) for key, value in absences.items()}, 15_000)


def test_every_absence_gap_is_the_difference_of_two_printed_rates(connecticut, absences):
    wanted = {}
    for (organization, year, group, grade), rate in absences.items():
        is_school = organization.startswith("CT-") and organization.count("-") == 2
        everybody = absences.get((organization, year, "all", grade), "nothing printed")
        if group != "all" and not is_school and everybody != "nothing printed":
            gap = None if rate is None or everybody is None else rate - everybody
            wanted[organization, year, group, grade] = Figure(value=gap)
    assert_equal(released(connecticut, "chronic_absence_gap", CELL), wanted, 7_000)


@pytest.mark.parametrize("subject", ["ela", "math"])
def test_every_proficiency_and_participation_rate_is_that_of_its_row(connecticut, tests_taken, subject):
    key = "organization_id, student_group, grade, subject"
    mine = {key: row for key, row in tests_taken.items() if key[3] == subject}
    rates = {key: proficiency(row) for key, row in mine.items()}
    assert_equal(released(connecticut, f"{subject}_proficiency_rate", key), rates, 6_000)
    taking = {key: figure for key, row in mine.items() if (figure := participation(row)) is not None}
    assert_equal(released(connecticut, f"{subject}_participation_rate", key), taking, 9_000)


def test_every_gap_is_from_the_counts_of_a_group_and_of_all_who_are_not_in_it(connecticut, tests_taken):
    wanted = {}
    for (organization, group, grade, subject), row in tests_taken.items():
        everybody = tests_taken.get((organization, "all", grade, subject))
        if group == "all" or subject != "ela" or "School Code" in row or everybody is None:
            continue
        own, whole = proficiency(row), proficiency(everybody)
        value = None
        if own.denominator and whole.denominator is not None and whole.denominator > own.denominator:
            others = (whole.numerator - own.numerator) / (whole.denominator - own.denominator)
            value = 100 * (others - own.numerator / own.denominator)
        wanted[organization, group, grade, subject] = Figure(value=value, n=own.n)
    key = "organization_id, student_group, grade, subject"
    assert_equal(released(connecticut, "ela_proficiency_gap", key), wanted, 2_000)


def test_the_share_of_targets_met_is_that_of_the_plans_targets_for_schools_and_state(
    connecticut, tests_taken, shared_data, districts
):
    """Of 2015-16 the plan asks schools for 55 percent in grade 3, before that the state for graduates."""
    schools = {
        (organization, 2016): ratio(figure.value >= 55, 1)
        for (organization, group, grade, subject), row in tests_taken.items()
        if "School Code" in row
        and (group, grade, subject) == ("all", "03", "ela")
        and (figure := proficiency(row)).value is not None
    }
    targets = {
        2013: {"all": 85.5, "free_lunch": 69.0, "high_needs": 72.0},
        2014: {"all": 86.5, "free_lunch": 72.0, "high_needs": 74.5, "english_learner": 66.0},
    }
    for year, asked in targets.items():
        rates = graduated(shared_data, districts, year)
        met = [_reached(rates["CT", year, group], target) for group, target in asked.items()]
        judged = [reached for reached in met if reached is not None]
        schools["CT", year] = ratio(sum(judged), len(judged))
    found = released(
        connecticut,
        "interim_targets_met_rate",
        "organization_id, school_year",
        "school_year = 2016 AND organization_type = 'SCHOOL' OR school_year IN (2013, 2014)",
    )
    assert_equal(found, schools, 500)


def _reached(figure: Figure, target: float) -> bool | None:
    """Whether the target is reached; nothing where a range has it inside."""
    low = figure.value if figure.value is not None else figure.value_low
    high = figure.value if figure.value is not None else figure.value_high
    if low is None or low < target <= high:
        return None
    return low >= target


def whole(cells: list[str]) -> list[int] | None:
    """The cells as counts, if all of them are shown."""
    return [int(cell) for cell in cells] if all(cell.isdigit() for cell in cells) else None


def graduated(shared_data, districts, year: int) -> dict[tuple[object, ...], Figure]:
    """Graduates as printed; where only non-graduates are, the count or range that they leave."""
    printed_rows, others = {}, {}
    for file in of_year(shared_data, "four-year-graduation-rates-district", year):
        into, names = (
            (others, ("Four-Year Cohort Count", "Still Enrolled Count", "Other Count"))
            if "_nongrad" in file.name
            else (printed_rows, ("Four-Year Cohort Count", "Graduation Count", "Graduation Rate"))
        )
        for row in printed(file):
            into[districts.of_row(row), grouped(file, row)[0]] = [row[name] for name in names]
    found = {}
    for organization, group in printed_rows.keys() | others.keys():
        found[organization, year, group] = _cohort(printed_rows, others, organization, group)
    return found


def _cohort(graduates, others, organization: str, group: str) -> Figure:
    if (organization, group) in graduates:
        cohort, count, rate = graduates[organization, group]
        if shown := whole([cohort, count]):
            return ratio(shown[1], shown[0])
        return Figure(value=number(rate), n=whole([cohort])[0] if whole([cohort]) else None)
    counts = whole(others[organization, group])
    everybody = all_graduates(graduates, others, organization)
    n = whole(others[organization, group][:1])
    if group == "all":
        return Figure(n=n[0] if n else None) if everybody is None or n is None else ratio(everybody, n[0])
    if counts is None:
        return Figure(n=n[0] if n else None)
    at_most = counts[0] - counts[1] - counts[2]
    of_all = whole(others.get((organization, "all"), ["*"]))
    missing = None if of_all is None or everybody is None else of_all[0] - of_all[1] - of_all[2] - everybody
    if missing == 0 or at_most == 0:
        return ratio(at_most, counts[0])
    if missing is None or missing < 0:
        return Figure(n=counts[0])
    low, high = max(at_most - missing, 0), at_most
    return Figure(
        value_low=round(100 * low / counts[0], 4), value_high=round(100 * high / counts[0], 4), n=counts[0]
    )


def all_graduates(graduates, others, organization: str) -> int | None:
    """Of all students as printed; else the female and the male, when they make the whole cohort."""
    if (organization, "all") in graduates:
        shown = whole(graduates[organization, "all"][1:2])
        return shown[0] if shown else None
    both = [graduates.get((organization, g), ["*", "*"]) for g in ("female", "male")]
    cohort, counts = whole([row[0] for row in both]), whole([row[1] for row in both])
    if cohort is None or counts is None or str(sum(cohort)) != others.get((organization, "all"), ["*"])[0]:
        return None
    return sum(counts)


@pytest.mark.parametrize("year", COHORT_YEARS)
def test_every_graduation_rate_is_edsights_or_the_schools_or_their_bound(
    connecticut, shared_data, districts, year
):
    wanted = graduated(shared_data, districts, year)
    bounds = defaultdict(list)
    for row in rows(shared_data, year):
        if row["FIPST"] != "09":
            continue
        for short, group in ACGR_GROUPS.items():
            size, cell = row[f"{short}_COHORT"], classify(row[f"{short}_RATE"])
            n = int(size) if size.isdigit() else None
            wanted[row["NCESSCH"], year, group] = Figure(
                value=cell.exact, value_low=cell.low, value_high=cell.high, n=n
            )
            bounds[row["LEAID"], year, group].append((n, cell))
            bounds["CT", year, group].append((n, cell))
    for key, cells in bounds.items():
        wanted.setdefault(key, bound(cells))
    found = released(connecticut, "graduation_rate_4yr", GROUP, f"school_year = {year}")
    assert_equal(found, wanted, 2_300)


def test_every_share_of_revenue_and_expenditure_per_pupil_is_the_printed_one(
    connecticut, shared_data, districts
):
    shares, spent = {}, {}
    for year in COHORT_YEARS:
        for file in of_year(shared_data, "revenue-sources-district", year):
            if "excluding" in file.name:
                for row in printed(file):
                    shares[districts.of_name(row["District"]), year] = Figure(value=number(row["Federal"]))
        for file in of_year(shared_data, "per-pupil-expenditures-district", year):
            for row in printed(file):
                key = districts.of_name(row["District"]), year
                assert key not in spent
                spent[key] = Figure(value=number(row["Total Expenditures"]))
    key = "organization_id, school_year"
    of_years = "school_year < 2019"
    assert_equal(released(connecticut, "federal_revenue_share", key, of_years), shares, 540)
    assert_equal(released(connecticut, "current_expenditure_per_pupil", key), spent, 550)
    assert spent["CT", 2014].value == 15_289


def test_poverty_and_finance_of_2018_19_are_the_national_files(connecticut, shared_data):
    key = "organization_id, school_year"
    poor = {}
    for year in (2014, 2019):
        counts = poverty(shared_data, year - 1, "09")
        poor |= {(lea, year): ratio(*pair) for lea, pair in counts.items()}
        poor["CT", year] = ratio(sum(a for a, _ in counts.values()), sum(b for _, b in counts.values()))
    assert_equal(released(connecticut, "child_poverty_rate", key), poor, 330)
    districts = finance(shared_data, "09")
    spent = {
        (lea, 2019): ratio(int(row["TOTALEXP"]), int(row["MEMBERSCH"]), 1)
        for lea, row in districts.iterrows()
    }
    assert_equal(released(connecticut, "total_expenditure_per_pupil", key), spent, 160)
    shares = {
        (lea, 2019): ratio(int(row["TFEDREV"]), int(row["TOTALREV"]))._replace(n=1)
        for lea, row in districts.iterrows()
    }
    assert_equal(released(connecticut, "federal_revenue_share", key, "school_year = 2019"), shares, 160)
