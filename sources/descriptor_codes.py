"""Cells of type `descriptor`: `uri://<namespace>/<Name>Descriptor#<code>`, several with | between them.

Put here: from a cell to our code. Not here: which code means what (`descriptors`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sources.withheld import may_be_shown

BETWEEN = "|"
_VALUE = re.compile(r"(?P<namespace>[a-z]+://[^#]+)/(?P<name>[A-Za-z]+)#(?P<code>.+)")


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
    # A code of a published list is shown; what might be an id is not, wherever in the text it stands.
    known_by_looks = may_be_shown(match["code"]) and may_be_shown(match["namespace"])
    shown_text = f"{match['namespace']}#{match['code']}" if known_by_looks else "it"
    return f"no list has this {name}; add {shown_text} to descriptors.csv or to the agency's options"
