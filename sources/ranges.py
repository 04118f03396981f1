"""Figures as agencies publish them: a number, a range, or a mark that stands for neither; one parser for all.

Put here: what texts stand for a range or for no figure, and what they say of the figure behind them.
Not here: plain numbers (`values`), which marks a file has (`markers` of its source.yml: the same `-` is
suppressed here and missing there, so that none is taken for granted but ED's own in a column of type `rate`).

Ends of a range are part of it, as `21-39` has both; of `LT50` as a percent the end is the bound it comes
close to, and of `<10` as a count it is 9. A range whose upper end nobody knows (`>95` students) has none, and
no midpoint. A mark may say what it hides: `"*": suppressed 1-5`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["exact", "ranged", "suppressed", "not_reported"]
Unit = Literal["count", "percent"]

# What ED's public files print in a rate cell that is not a figure.
RATE_MARKERS = {"PS": "suppressed", ".": "not_reported", "": "not_reported", "n/a": "no_students"}
# Marks that agencies are known to print, with what they have meant; only for telling what a refused cell may
# be. Meaning is declared by each source.
KNOWN_MARKS: Mapping[str, str] = {
    **RATE_MARKERS,
    "N/A": "not_applicable",
    "NA": "not_applicable",
    "N": "not_applicable",
    "M": "missing",
    "S": "suppressed",
    "s": "suppressed",
    "MISSING": "missing",
    "No Data": "missing",
    "*": "suppressed",
    "**": "suppressed",
    "***": "suppressed",
    "-": "suppressed or missing",
    "--": "suppressed",
    "NT": "not_tested",
    "LNE": "low_number_evaluation",
    "#": "rounds_to_zero",
    "†": "not_applicable",
    "‡": "reporting_standards_not_met",
    "–": "missing",
    "—": "not_available",
    "-1": "missing",
    "-2": "not_applicable",
    "-3": "suppressed",
    "-5": "small_cell",
    "-9": "suppressed or not applicable",
    "-11": "suppressed",
}
LARGEST_COUNT = 2**63 - 1
_END = r"[0-9]{1,3}(?:\.[0-9]{1,3})?"
_WHOLE = r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+"
_FORMS: dict[Unit, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "percent": (
        re.compile(rf"(?P<low>{_END})-(?P<high>{_END})%?"),
        re.compile(rf"(?P<sign>GE|GT|LE|LT|>=|<=|>|<|≥|≤)(?P<end>{_END})%?"),
    ),
    "count": (
        re.compile(rf"(?P<low>{_WHOLE})-(?P<high>{_WHOLE})"),
        re.compile(rf"(?:[nN](?=[<>=≥≤]))?(?P<sign>GE|GT|LE|LT|>=|<=|>|<|≥|≤)(?P<end>{_WHOLE})"),
    ),
}
# Too few students for a rate to be printed: it says something of the count and nothing of the rate.
_TOO_FEW = re.compile(rf"[nN](?:<|<=|≤)(?:{_WHOLE})")
_DATED = re.compile(r"[0-9]{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-[0-9]{1,2}")
_MEANING = re.compile(r"(?P<reason>[a-z][a-z0-9_]*)(?: (?P<range>\S+))?")


@dataclass(frozen=True)
class Figure:
    """What a cell says of a figure.

    Attributes:
        value: The figure, only when it is exact.
        low: The least it can be, when that is known and it is not exact.
        high: The most it can be, alike.
        marker: Why there is no figure, in the words of the source's `markers`.
    """

    kind: Kind
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    marker: str | None = None

    @property
    def is_range(self) -> bool:
        """Whether the cell bounds a figure that it does not give."""
        return self.low is not None or self.high is not None

    @property
    def midpoint(self) -> Decimal | None:
        """Half way between the ends; None unless both are known."""
        return None if self.low is None or self.high is None else (self.low + self.high) / 2


@dataclass(frozen=True)
class Meaning:
    """What `markers` of a table says of a mark: the reason, and what it hides where that is known."""

    reason: str
    hidden: str | None


def meaning(text: str) -> Meaning:
    """The meaning of a mark as source.yml writes it: `suppressed`, or `suppressed 1-5`.

    Raises:
        ValueError: It is not a word in small letters, with or without a range after it.
    """
    match = _MEANING.fullmatch(text)
    if match is None:
        raise ValueError("write one word such as not_tested, and after it the range that the mark hides")
    hidden = match["range"]
    if hidden is not None and _range(hidden, "count") is None and _range(hidden, "percent") is None:
        raise ValueError(f"{hidden} is no range such as 1-5 or <10")
    return Meaning(match["reason"], hidden)


def parse_figure(
    text: str, unit: Unit, markers: Mapping[str, str], *, exact: Callable[[str], Decimal | int]
) -> Figure:
    """Read a cell as a figure, a range, or a mark.

    Args:
        text: The cell, without blanks around it.
        unit: What is counted; `<10` students are at most 9, and a rate `<10` is at most 10.
        markers: The marks of the table, which come before everything else, with their meaning.
        exact: Reads a plain figure; ValueError for any other text.

    Raises:
        ValueError: The text is none of these; the reason does not repeat it.
    """
    if text in markers:
        return _marked(meaning(markers[text]), unit)
    found = _range(text, unit)
    if found is not None:
        return found
    if unit == "percent" and _TOO_FEW.fullmatch(text):
        return Figure("suppressed", marker="suppressed")
    try:
        return Figure("exact", value=Decimal(exact(text)))
    except ValueError as problem:
        raise ValueError(f"neither a range such as 21-39 nor a declared mark, and {problem}") from None


def suspicion(text: str) -> str | None:
    """What a refused cell may be: a mark of some agency, or a range that a spreadsheet made a date.

    Never repeats the text.
    """
    if text in KNOWN_MARKS and text != "":
        said = KNOWN_MARKS[text]
        return f"it looks like a mark ({said}); if it is one, declare it in markers of source.yml"
    if _DATED.fullmatch(text):
        return "a spreadsheet may have made a date of a range such as 6-9"
    return None


def _marked(said: Meaning, unit: Unit) -> Figure:
    kind: Kind = "suppressed" if said.reason.startswith("suppressed") else "not_reported"
    hidden = None if said.hidden is None else _range(said.hidden, unit)
    if hidden is None:
        return Figure(kind, marker=said.reason)
    return Figure(kind, low=hidden.low, high=hidden.high, marker=said.reason)


def _range(text: str, unit: Unit) -> Figure | None:
    """The range that a text stands for; None when it has not the form of one.

    Raises:
        ValueError: It has the form, but no figure can lie in it.
    """
    between, bound = (form.fullmatch(text) for form in _FORMS[unit])
    if between is not None:
        return _between(_end(between["low"]), _end(between["high"]), unit)
    if bound is None:
        return None
    end, sign = _end(bound["end"]), bound["sign"]
    is_open = sign in ("GT", "LT", ">", "<")
    if sign in ("GE", "GT", ">=", ">", "≥"):
        low = end + 1 if unit == "count" and is_open else end
        return _between(low, Decimal(100) if unit == "percent" else None, unit)
    return _between(Decimal(0), end - 1 if unit == "count" and is_open else end, unit)


def _end(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _between(low: Decimal, high: Decimal | None, unit: Unit) -> Figure:
    largest = 100 if unit == "percent" else LARGEST_COUNT
    if not 0 <= low <= (largest if high is None else high) <= largest:
        limit = "0 and 100 percent" if unit == "percent" else "0 and what can be counted"
        raise ValueError(f"not a range between {limit}, its lower end first")
    return Figure("ranged", low=low, high=high)
