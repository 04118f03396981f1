"""The true answers about federal money, all of them.

Put here: their order. Not here: any figure.
"""

from __future__ import annotations

from simulator.money.world import Money
from simulator.truth.answers import Truth
from simulator.truth.award_months import tell_award_months
from simulator.truth.award_rules import tell_award_rules
from simulator.truth.reimbursement import tell_reimbursement


def tell_federal_money(truth: Truth, money: Money) -> None:
    """Reimbursement, awards month by month, and what the law asks of them."""
    tell_reimbursement(truth, money.settings, money.requests)
    tell_award_months(truth, money)
    tell_award_rules(truth, money)
