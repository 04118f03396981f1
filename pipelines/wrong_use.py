"""What somebody asks for that is not there: exit code 2, and what was probably meant.

Put here: the error and its suggestion. Not here: what there is (the callers know).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from warehouse.model.errors import SpmError


class WrongUse(SpmError):
    """The command names something that does not exist, so that it cannot have been meant."""


def meant(asked: str, known: Iterable[str]) -> str:
    """A question such as `Did you mean 'census_saipe'? `; empty when nothing is near."""
    by_lower = {name.lower(): name for name in known}
    near = [by_lower[name] for name in get_close_matches(asked.lower(), by_lower, n=1, cutoff=0.6)]
    return f"Did you mean {near[0]!r}? " if near else ""
