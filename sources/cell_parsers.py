"""Which texts a type accepts, and the value of each: strict, for a cell that is nearly right is wrong.

Put here: one parser for each type, which gives a value or a ValueError whose words never repeat the cell.
Not here: columns (`values`), ranges and marks (`ranges`), the codes of descriptors (`descriptor_codes`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sources.descriptor_codes import descriptor_parser

LARGEST_WHOLE = 2**63 - 1
# What decimal128(18, ...) of the columns holds before its point.
LARGEST_DIGITS = {2: 16, 4: 5, 6: 12}
# Digits before the point of what is sampled; beyond three hundred a float is infinite.
LARGEST_ESTIMATE = 18
_COUNT = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+")
_WHOLE_WITH_ZEROS = re.compile(r"([0-9]+)\.0+")
_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")


def _text(_: str) -> Callable[[str], str]:
    return lambda text: text


def _id(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if compiled.fullmatch(text):
            return text
        # The reason never repeats the text: it may be a student's id.
        lost = next((n for n in range(1, 8) if compiled.fullmatch("0" * n + text)), None)
        if lost is not None and text.isdigit():
            zeros = "1 zero" if lost == 1 else f"{lost} zeros"
            raise ValueError(f"leading zeros lost? Expected {pattern}, which it fits with {zeros} before it")
        raise ValueError(f"not of the form {pattern}{_damage(text)}")

    return parse


def _damage(text: str) -> str:
    """What a spreadsheet may have done to an id; never its text."""
    if _SCIENTIFIC.fullmatch(text):
        return "; a spreadsheet made a number of it, and digits are lost"
    if text.startswith(('="', "'")):
        return "; a spreadsheet's sign that it is text stands around it"
    return ""


def _count(_: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        whole = _WHOLE_WITH_ZEROS.fullmatch(text)
        digits = whole[1] if whole else text
        if not _COUNT.fullmatch(digits):
            raise ValueError("not a whole number of zero or more")
        return _held(int(digits.replace(",", "")))

    return parse


def _integer(_: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = _number(text)
        if number != number.to_integral_value():
            raise ValueError("not a whole number")
        return _held(int(number))

    return parse


def _held(number: int) -> int:
    if abs(number) > LARGEST_WHOLE:
        raise ValueError("too large a number to be meant")
    return number


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text.replace(",", ""))


def _decimal(_: str) -> Callable[[str], Decimal]:
    return lambda text: _places(_number(text), 6)


def _estimate(_: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = _number(text)
        if number.adjusted() >= LARGEST_ESTIMATE:
            raise ValueError("too large a number to be meant")
        return float(number)  # all digits of a sample's figure

    return parse


def _percent(_: str) -> Callable[[str], Decimal]:
    def parse(text: str) -> Decimal:
        number = _number(text.removesuffix("%"))
        if not 0 <= number <= 100:
            raise ValueError("not between 0 and 100 percent")
        return _places(number, 4)

    return parse


def _money(_: str) -> Callable[[str], Decimal]:
    def parse(text: str) -> Decimal:
        plain = text.replace("$", "", 1) if text.startswith(("$", "-$")) else text
        return _places(_number(plain), 2)

    return parse


def _places(number: Decimal, places: int) -> Decimal:
    if number.adjusted() >= LARGEST_DIGITS[places]:
        raise ValueError("too large a number to be meant")
    rounded = number.quantize(Decimal(1).scaleb(-places))
    if rounded != number:
        raise ValueError(f"more than {places} decimals")
    return rounded


def _date(form: str) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            raise ValueError(f"not a date of the form {form}") from None

    return parse


def _code(argument: str) -> Callable[[str], str]:
    pairs = dict(pair.split("=", 1) for pair in argument.split("|"))

    def parse(text: str) -> str:
        if text not in pairs:
            if "*" in pairs:  # an open list, see `open_codes`
                return text
            raise ValueError(f"unknown code; known are {', '.join(sorted(pairs))}")
        return pairs[text]

    return parse


def _boolean(argument: str) -> Callable[[str], bool]:
    yes, no = argument.split("|")

    def parse(text: str) -> bool:
        if text not in (yes, no):
            raise ValueError(f"neither {yes!r} nor {no!r}")
        return text == yes

    return parse


PARSERS: dict[str, Callable[[str], Callable[[str], Any]]] = {
    "text": _text,
    "id": _id,
    "count": _count,
    "integer": _integer,
    "decimal": _decimal,
    "estimate": _estimate,
    "percent": _percent,
    "money": _money,
    "date": _date,
    "code": _code,
    "descriptor": descriptor_parser,
    "boolean": _boolean,
}
