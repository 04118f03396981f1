"""Cells of type `descriptor`: `uri://<namespace>/<Name>Descriptor#<code>`, several with | between them.

Put here: from a cell to our code. Not here: which code means what (`descriptors`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

BETWEEN = "|"
_VALUE = re.compile(r"(?P<namespace>[a-z]+://[^#]+)/(?P<name>[A-Za-z]+)#(?P<code>.+)")
# A code of a published list is shown; what might be an id, with many digits in a row, is not.
_MAY_BE_SHOWN = re.compile(r"(?!.*\d{5})[\w .,:/()&'+-]{1,60}")


def descriptor_parser(argument: str) -> Callable[[str], str]:
    """A parser of cells with one or several values of a descriptor."""
    name, *codes = argument.split("\n")
    ours = {value: text for value, _, text in (line.rpartition("=") for line in codes)}

    def parse(text: str) -> str:
        found = []
        for part in text.split(BETWEEN):
            if part not in ours:
                raise ValueError(_unknown(name, part))
            found.append(ours[part])
        return BETWEEN.join(dict.fromkeys(found))

    return parse


def _unknown(name: str, text: str) -> str:
    match = _VALUE.fullmatch(text)
    if match is None or match["name"] != name:
        return f"no value of {name}, which looks like uri://namespace/{name}#code"
    shown_text = f"{match['namespace']}#{match['code']}" if _MAY_BE_SHOWN.fullmatch(match["code"]) else "it"
    return f"no list has this {name}; add {shown_text} to descriptors.csv or to the agency's options"
