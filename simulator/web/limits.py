"""What the systems allow: page sizes, caps, life of a token; tests set them lower.

Put here: every number of a real system's documents that a client has to respect.
Not here: faults (see `faults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from simulator.settings import SimulatorError

# Public values of an invented state, printed in the documentation; no real system knows them.
DEMO_KEY = "franklin-demo"
DEMO_SECRET = "franklin-demo-secret"  # noqa: S105 - see above


@dataclass(frozen=True)
class Limits:
    """One set of numbers, those of the real systems unless said otherwise."""

    edfi_page: int = 500
    edfi_default_page: int = 25
    edfi_token_seconds: int = 1_800
    edfi_token_requests: int = 0  # a token dies after so many requests; 0: never
    edfi_snapshot: bool = False  # whether there is a snapshot to read from
    usaspending_page: int = 100
    usaspending_depth: int = 10_000  # page times limit; deeper only by the last record
    fac_rows: int = 20_000
    sam_page: int = 1_000
    sam_requests_a_day: int = 1_000
    urban_page: int = 10_000

    def changed(self, changes: Mapping[str, object]) -> Limits:
        """Give the same with some numbers changed.

        Raises:
            SimulatorError: There is no such limit, or it is not of that kind.
        """
        kinds = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in changes.items():
            if name not in kinds:
                raise SimulatorError(f"No limit {name!r}; there are {', '.join(kinds)}.")
            if type(value) is not kinds[name]:
                raise SimulatorError(f"Limit {name} is a {kinds[name].__name__}, not {value!r}.")
        return replace(self, **changes)  # type: ignore[arg-type]

    def told(self) -> dict[str, object]:
        """The limits as plain values."""
        return {item.name: getattr(self, item.name) for item in fields(self)}
