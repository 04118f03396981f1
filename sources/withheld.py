"""Texts of files about single students that a message may quote, and those that it may not.

Put here: the line between a name that somebody gave a column or a code, and what may be a student's value.
Not here: values of cells, which are never quoted for such files (`readers.request`).
"""

from __future__ import annotations

import re

WITHHELD = "(withheld)"
# A name is short and has no number in it but a small one or a year; an id, a birth date or a note is another.
_NAME = re.compile(r"(?!.*(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4})(?!.*\d[-/]\d)[\w .,:/()&'+#%\[\]=-]{1,60}")


def may_be_shown(text: str) -> bool:
    """Whether a text is a name by its looks."""
    return _NAME.fullmatch(text) is not None


def shown_name(text: str, *, is_restricted: bool) -> str:
    """A header as a message quotes it; of a path the parts that may be a student's value are withheld."""
    if not is_restricted or may_be_shown(text):
        return text
    return ".".join(part if part and may_be_shown(part) else WITHHELD for part in text.split("."))
