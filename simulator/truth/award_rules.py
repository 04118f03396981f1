"""The true answers about what the law asks of awards: carryover, allocations, subawards, reservations.

Put here: figures of an award's papers. Not here: how its money is spent (see `award_months`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from statistics import median

from simulator.money.allocations import TITLE_I
from simulator.money.months import month_label, school_year
from simulator.money.spending import CAP_FROM_CENTS, Carryover
from simulator.money.subawards import THRESHOLD_CENTS, due_on
from simulator.money.subgrants import RESERVATION, passed_through
from simulator.money.world import Money
from simulator.truth.answers import LEA, Place, Truth
from simulator.truth.award_months import STATE, usd

CAP_PERCENT = 15


def tell_award_rules(truth: Truth, money: Money) -> None:
    """All of them, of the school years asked for."""
    _tell_carryover(truth, money)
    _tell_final_allocations(truth, money)
    _tell_applications(truth, money)
    _tell_subawards(truth, money)
    _tell_school_improvement(truth, money)


def excess_cents(carry: Carryover) -> int:
    """What an LEA carries over its cap, which is rounded down to the cent; with a waiver nothing is over."""
    if carry.has_waiver:
        return 0
    return max(0, carry.carryover_cents - carry.allocation_cents * CAP_PERCENT // 100)


def _tell_carryover(truth: Truth, money: Money) -> None:
    for award in money.awards:
        year = school_year(award.first_period_to)
        carries = money.carryovers.get(award.fain, {})
        if award.listing != TITLE_I or year not in money.settings.years or not carries:
            continue
        for position, carry in carries.items():
            place = Place(money.state.leas[position].nces_id, LEA, "as_published")
            _tell_rate(truth, place, year, [carry])
            if carry.allocation_cents >= CAP_FROM_CENTS:  # a smaller allocation has no cap
                truth.add("excess_carryover_usd", place, year, None, 1, excess_cents(carry) / 100)
        _tell_rate(truth, STATE, year, carries.values())
        capped = [carry for carry in carries.values() if carry.allocation_cents >= CAP_FROM_CENTS]
        over = sum(
            100 * carry.carryover_cents > CAP_PERCENT * carry.allocation_cents and not carry.has_waiver
            for carry in capped
        )
        if capped:
            truth.add("leas_over_carryover_cap", STATE, year, None, len(capped), float(over))
            excess = sum(map(excess_cents, capped)) / 100
            truth.add("excess_carryover_usd", STATE, year, None, len(capped), excess)


def _tell_rate(truth: Truth, place: Place, year: int, carries: Iterable[Carryover]) -> None:
    carried, allocated = zip(*((c.carryover_cents, c.allocation_cents) for c in carries), strict=True)
    truth.ratio("title_i_carryover_rate", place, year, usd(sum(carried)), usd(sum(allocated)))


def _tell_final_allocations(truth: Truth, money: Money) -> None:
    """Days from the grant award notification to the first final list, in the year the list was issued."""
    days: dict[int, list[int]] = defaultdict(list)
    for award in money.awards:
        final = next((v for v in money.versions[award.fain] if v.kind == "final"), None)
        if final is None or school_year(final.issued_on) not in money.settings.years:
            continue
        year, took = school_year(final.issued_on), (final.issued_on - award.awarded_on).days
        days[year].append(took)
        truth.add("days_to_final_allocation", STATE, year, None, 1, float(took), award=award.fain)
    for year, all_days in days.items():
        truth.add("days_to_final_allocation", STATE, year, None, len(all_days), float(median(all_days)))


def _tell_applications(truth: Truth, money: Money) -> None:
    """Approved by 1 July, when the school year begins that the award first serves."""
    counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for form in money.applications:
        year = school_year(form.award.available_from)
        for program in (form.award.listing, "none"):
            counts[year, program][0] += form.approved_on <= date(year - 1, 7, 1)
            counts[year, program][1] += 1
    for (year, program), (in_time, all_forms) in counts.items():
        if year in money.settings.years:
            measure = "applications_approved_on_time_rate"
            truth.ratio(measure, STATE, year, in_time, all_forms, program=program)


def _tell_subawards(truth: Truth, money: Money) -> None:
    """Of the reports that stand, in the month they were handed in: before that nobody knows of a late one."""
    counts: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for item in money.subawards():
        if item.status != "Published" or item.amount_cents < THRESHOLD_CENTS:
            continue
        year = school_year(item.reported_on)
        for fain in (item.fain, "none"):
            for period in (month_label(item.reported_on), "annual"):
                counts[year, fain, period][0] += item.reported_on <= due_on(item.action_on)
                counts[year, fain, period][1] += 1
    for (year, fain, period), (in_time, reports) in counts.items():
        if year in money.settings.years:
            measure = "subawards_reported_on_time_rate"
            truth.ratio(measure, STATE, year, in_time, reports, award=fain, period=period)


def _tell_school_improvement(truth: Truth, money: Money) -> None:
    """The reservation of ESEA 1003 and what of it goes to LEAs, as the first year of the award ended."""
    passed = passed_through(money.subgrants())
    for award in money.awards:
        year = school_year(award.available_from)
        if award.listing != TITLE_I or year not in money.settings.years:
            continue
        end = min(date(year, 6, 30), money.settings.as_of)
        versions = [v for v in money.versions[award.fain] if v.kind != "preliminary" and v.issued_on <= end]
        if not versions:
            continue
        reserved = usd(versions[-1].reservations[RESERVATION])
        given = usd(passed[award.fain, versions[-1].number])
        granted = usd(award.authorized(end))
        truth.ratio("school_improvement_reservation_rate", STATE, year, reserved, granted, award=award.fain)
        truth.ratio("school_improvement_pass_through_rate", STATE, year, given, reserved, award=award.fain)
