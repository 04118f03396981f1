"""All of Franklin's federal money of one run, before anything is written.

Put here: the order in which it is made, and what other systems of Franklin ask of it.
Not here: any format.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulator.grants import Request, make_requests
from simulator.money import allocations, flows, spending
from simulator.money.applications import Application, Budget, make_applications, make_budgets
from simulator.money.awards import FederalAward, make_awards
from simulator.money.refusals import Refusal, make_refusals
from simulator.money.subawards import Subaward, make_subawards
from simulator.money.subgrants import Subgrant, make_subgrants
from simulator.organizations import State
from simulator.settings import Settings


@dataclass(frozen=True)
class Money:
    """Everything, as seen on `as_of`."""

    settings: Settings
    state: State
    awards: tuple[FederalAward, ...]
    versions: dict[str, tuple[allocations.Version, ...]]
    claims: tuple[spending.Claim, ...]
    carryovers: dict[str, dict[int, spending.Carryover]]
    applications: tuple[Application, ...]
    budgets: tuple[Budget, ...]
    refusals: tuple[Refusal, ...]
    payments: tuple[flows.Payment, ...]
    refunds: tuple[flows.Refund, ...]
    expenses: tuple[flows.StateExpense, ...]
    draws: tuple[flows.Draw, ...]

    @property
    def requests(self) -> list[Request]:
        """The requests with their amounts."""
        return [claim.request for claim in self.claims]

    @property
    def by_fain(self) -> dict[str, FederalAward]:
        """Awards by FAIN."""
        return {award.fain: award for award in self.awards}

    @property
    def drawn_cents(self) -> dict[str, int]:
        """Net draws by award."""
        drawn: dict[str, int] = {award.fain: 0 for award in self.awards}
        for draw in self.draws:
            drawn[draw.fain] += draw.cents
        return drawn

    def subawards(self) -> tuple[Subaward, ...]:
        """The subawards the state must report: of 30,000 dollars and more."""
        return make_subawards(self.settings, self.by_fain, self.versions, self.applications)

    def subgrants(self) -> list[Subgrant]:
        """What of the school improvement reservation goes to LEAs."""
        return [
            item
            for award in self.awards
            for item in make_subgrants(self.settings, self.state, award, self.versions[award.fain])
        ]


def build_money(settings: Settings, state: State) -> Money:
    """Make everything; it depends on students, seed and `as_of`, not on the years asked for."""
    requests = make_requests(settings, state)
    sharers = spending.taking_part(requests)
    awards = make_awards(settings)
    versions = _allocate(settings, state, awards, sharers)
    groups: dict[spending.Group, list[Request]] = defaultdict(list)
    for request in spending.charged(requests, sharers):
        groups[request.lea.position, request.listing, spending.fiscal_year(request)].append(request)
    claims: list[spending.Claim] = []
    carryovers = {}
    for award in awards:
        made, waivers = spending.make_claims(settings, award, versions[award.fain][-1], groups)
        claims += made
        if award.first_period_to <= settings.as_of:
            last = versions[award.fain][-1]
            carryovers[award.fain] = spending.measure_carryover(award, last, made, waivers)
    claims.sort(key=lambda claim: claim.request.request_id)
    return _moved(settings, state, awards, versions, tuple(claims), carryovers)


def _allocate(
    settings: Settings,
    state: State,
    awards: tuple[FederalAward, ...],
    sharers: dict[tuple[str, int], set[int]],
) -> dict[str, tuple[allocations.Version, ...]]:
    versions: dict[str, tuple[allocations.Version, ...]] = {}
    before: dict[str, dict[int, int]] = {}
    for award in awards:  # of one program the earlier year comes first
        who = np.array(sorted(sharers[award.key]), dtype=np.int64)
        made = allocations.make_versions(settings, state, award, who, before.get(award.listing, {}))
        versions[award.fain] = tuple(version for version in made if version.issued_on <= settings.as_of)
        before[award.listing] = made[-1].by_position()
    return versions


def _moved(
    settings: Settings,
    state: State,
    awards: tuple[FederalAward, ...],
    versions: dict[str, tuple[allocations.Version, ...]],
    claims: tuple[spending.Claim, ...],
    carryovers: dict[str, dict[int, spending.Carryover]],
) -> Money:
    by_fain = {award.fain: award for award in awards}
    first: dict[tuple[str, int], date] = {}
    for claim in claims:
        key = (claim.request.fain, claim.request.lea.position)
        first[key] = min(first.get(key, claim.request.proper_on), claim.request.proper_on)
    forms: list[Application] = []
    budgets: list[Budget] = []
    expenses: list[flows.StateExpense] = []
    for award in awards:
        mine = {position: day for (fain, position), day in first.items() if fain == award.fain}
        made = make_applications(settings, state, award, versions[award.fain][-1], mine)
        approved = {form.lea.position: form.approved_on for form in made}
        forms += made
        budgets += make_budgets(settings, state, award, versions[award.fain], approved)
        expenses += flows.make_state_expenses(settings, award, versions[award.fain][-1])
    payments = flows.make_payments(claims)
    refunds = flows.make_refunds(settings, by_fain, claims)
    return Money(
        settings=settings,
        state=state,
        awards=awards,
        versions=versions,
        claims=claims,
        carryovers=carryovers,
        applications=tuple(forms),
        budgets=tuple(budgets),
        refusals=tuple(make_refusals(settings, claims, versions)),
        payments=tuple(payments),
        refunds=tuple(refunds),
        expenses=tuple(expenses),
        draws=tuple(flows.make_draws(settings, by_fain, payments, refunds, expenses)),
    )
