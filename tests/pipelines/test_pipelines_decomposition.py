"""A rate's change taken apart: the parts add up to the change, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decomposition import Count, decompose
from warehouse.model.errors import SpmError

counts = st.integers(0, 5000).flatmap(
    lambda whole: st.integers(0, whole).map(lambda some: Count(Fraction(some), Fraction(whole)))
)
wholes = st.dictionaries(st.sampled_from("abcdefgh"), counts, min_size=1)


def count(some: int, whole: int) -> Count:
    return Count(Fraction(some), Fraction(whole))


@given(wholes, wholes)
def test_within_and_mix_add_up_to_the_change_exactly(before: dict[str, Count], after: dict[str, Count]):
    if not any(c.denominator for c in before.values()) or not any(c.denominator for c in after.values()):
        with pytest.raises(SpmError, match="no rate"):
            decompose(before, after)
        return
    found = decompose(before, after)
    first, second = (
        sum(c.numerator for c in side.values()) / sum(c.denominator for c in side.values())
        for side in (before, after)
    )
    assert found.change == second - first
    assert found.within + found.mix == found.change


def test_the_same_parts_at_other_rates_are_a_change_within():
    found = decompose({"a": count(10, 50), "b": count(20, 50)}, {"a": count(15, 50), "b": count(25, 50)})
    assert (found.change, found.within, found.mix) == (Fraction(1, 10), Fraction(1, 10), 0)


def test_the_same_rates_in_other_shares_are_a_change_of_mix_that_the_growing_part_is_charged_with():
    # 10 % and 40 % of fifty each; then eighty have the 10 %.
    found = decompose({"a": count(5, 50), "b": count(20, 50)}, {"a": count(8, 80), "b": count(8, 20)})
    assert (found.change, found.within, found.mix) == (Fraction(-9, 100), 0, Fraction(-9, 100))
    effects = {effect.name: effect for effect in found.effects}
    # Mean of the whole's rates: (25 % + 16 %) / 2. a: + 0.3 x (0.10 - 0.205); b: - 0.3 x (0.40 - 0.205)
    assert effects["a"].mix == Fraction(-315, 10000)
    assert effects["b"].mix == Fraction(-585, 10000)


def test_a_part_that_is_there_only_once_changes_the_mix_alone():
    found = decompose({"a": count(10, 100)}, {"a": count(10, 100), "new": count(50, 100)})
    effects = {effect.name: effect for effect in found.effects}
    assert found.within == 0
    assert effects["new"].rate_before is None
    assert found.mix == found.change == Fraction(60, 200) - Fraction(10, 100)
