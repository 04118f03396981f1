"""A rate's change taken apart: what changed within the groups, and what changed in their mix.

The rate of a whole is the sum over its groups of share times rate. Its change is, exactly,

    sum of (mean share x change of rate)      the change within groups
  + sum of (change of share x mean rate)      the change of mix

Each group's mix is measured against the mean rate of the whole, so that a growing group of low rates counts
as a loss and not as a gain; shares add up to one, so the sum is the same. Fractions keep it exact: the parts
add up to the change to the last digit. (Kitagawa 1955, Components of a difference between two rates.)

Put here: the arithmetic. Not here: which figures are taken apart (`change`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from warehouse.model.errors import SpmError


@dataclass(frozen=True)
class Count:
    """Numerator and denominator of a rate, exact."""

    numerator: Fraction
    denominator: Fraction

    @property
    def rate(self) -> Fraction | None:
        """Numerator over denominator; of nobody there is none."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Effect:
    """What one group contributed to the change of the whole; shares and rates as fractions of one."""

    name: str
    share_before: Fraction
    share_after: Fraction
    rate_before: Fraction | None
    rate_after: Fraction | None
    within: Fraction
    mix: Fraction


@dataclass(frozen=True)
class Decomposition:
    """The change of a rate: `change` is `within` plus `mix`, exactly."""

    before: Fraction
    after: Fraction
    within: Fraction
    mix: Fraction
    effects: tuple[Effect, ...]

    @property
    def change(self) -> Fraction:
        """The rate after less the rate before."""
        return self.after - self.before


def decompose(before: Mapping[str, Count], after: Mapping[str, Count]) -> Decomposition:
    """Take the change between two wholes apart by their groups.

    Args:
        before: The groups of the first whole; each unit of its denominator is in exactly one of them.
        after: The groups of the second.

    Raises:
        SpmError: Nobody is in the denominator of one of the wholes, so that it has no rate.
    """
    first, second = _whole(before), _whole(after)
    if first.rate is None or second.rate is None:
        raise SpmError(
            "Nobody is in the denominator, so there is no rate whose change could be taken apart",
            remedy="Choose years or releases in which the figure is known",
        )
    mean = (first.rate + second.rate) / 2
    effects = tuple(
        _effect(
            name,
            before.get(name, Count(Fraction(0), Fraction(0))),
            after.get(name, Count(Fraction(0), Fraction(0))),
            (first.denominator, second.denominator),
            mean,
        )
        for name in dict.fromkeys((*before, *after))
    )
    return Decomposition(
        before=first.rate,
        after=second.rate,
        within=sum((e.within for e in effects), Fraction(0)),
        mix=sum((e.mix for e in effects), Fraction(0)),
        effects=effects,
    )


def _whole(parts: Mapping[str, Count]) -> Count:
    return Count(
        sum((p.numerator for p in parts.values()), Fraction(0)),
        sum((p.denominator for p in parts.values()), Fraction(0)),
    )


def _effect(
    name: str, before: Count, after: Count, wholes: tuple[Fraction, Fraction], mean: Fraction
) -> Effect:
    share_before, share_after = before.denominator / wholes[0], after.denominator / wholes[1]
    # A group that is there only once has no change of its own: all it does is a change of mix.
    known = [rate for rate in (before.rate, after.rate) if rate is not None]
    first = known[0] if known else mean
    last = known[-1] if known else mean
    return Effect(
        name=name,
        share_before=share_before,
        share_after=share_after,
        rate_before=before.rate,
        rate_after=after.rate,
        within=(share_before + share_after) / 2 * (last - first),
        mix=(share_after - share_before) * ((first + last) / 2 - mean),
    )
