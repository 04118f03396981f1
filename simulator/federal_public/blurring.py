"""The Department of Education's disclosure rules for percents of public files.

Put here: what is printed for so many of so many students. Not here: whose percents they are.

Rules as documented for the public assessment files of 2018-19: the fewer students, the wider the range.
"""

from __future__ import annotations

LARGEST_SUPPRESSED = 5
LARGEST_HALVED = 15
WHOLE_ABOVE, WHOLE_ABOVE_FOR_ALL = 300, 200
# Cells of up to so many students are printed in steps of so many percent.
STEPS = ((30, 20), (60, 10), (WHOLE_ABOVE, 5))


def blurred(numerator: int, denominator: int, *, is_all: bool = False, is_guarded: bool = False) -> str:
    """What a file prints for a percent.

    Args:
        numerator: How many students are counted.
        denominator: Of how many.
        is_all: Whether the cell is of all students in all grades, whose percent is whole from a lower number.
        is_guarded: Whether a tiny school beside this one would be told by a whole percent.
    """
    if denominator == 0:
        return "n/a"
    if denominator <= LARGEST_SUPPRESSED:
        return "PS"
    if denominator <= LARGEST_HALVED:
        return "LT50" if 2 * numerator < denominator else "GE50"
    percent = (200 * numerator + denominator) // (2 * denominator)  # a half goes up
    limit = WHOLE_ABOVE_FOR_ALL if is_all and not is_guarded else WHOLE_ABOVE
    if denominator > limit:
        return "LE1" if percent <= 1 else "GE99" if percent >= 99 else str(percent)
    step = next(step for most, step in STEPS if denominator <= most)
    return _in_steps(percent, step)


def _in_steps(percent: int, step: int) -> str:
    """The lowest step takes its upper end too (LE20, then 21-39, 40-59, ...), the highest is open (GE80)."""
    if percent <= step:
        return f"LE{step}"
    if percent >= 100 - step:
        return f"GE{100 - step}"
    low = percent - percent % step
    return f"{low + 1 if low == step else low}-{low + step - 1}"


def in_words_of_express(text: str) -> str:
    """The same percent as ED Data Express writes it: signs instead of letters, and a percent sign."""
    if text == "PS":
        return "S"
    if text == "n/a":
        return "-"
    for letters, sign in (("LT", "<"), ("LE", "<="), ("GE", ">=")):
        text = text.replace(letters, sign)
    return f"{text}%"
