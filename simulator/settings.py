"""What one run of the simulator is asked for, and the constants of the state Franklin.

Put here: sizes, seed, years, the day the systems are seen on, and the codes of the invented state.
Not here: anything drawn at random (see `people`, `attendance`, `outcomes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

STATE_ANSI_CODE = "88"  # no state has it: the ANSI list ends at 78
STATE_CODE = "FK"  # no state, territory or military post has it
STATE_NAME = "FRANKLIN"
AGENCY_NUMBER = "01"  # EDFacts: the state education agency

SMALLEST = 2_000
LARGEST = 6_000_000
KNOWN_YEARS = (2023, 2024, 2025)


class SimulatorError(Exception):
    """The simulator was asked for something it does not do; the message says what to ask for instead."""


@dataclass(frozen=True)
class Settings:
    """One run: the same settings give the same bytes.

    Attributes:
        sis_csv: School years whose SIS extracts are written as csv, too.
    """

    students: int = 20_000
    seed: int = 7
    years: tuple[int, ...] = KNOWN_YEARS
    as_of: date = date(2025, 9, 30)
    sis_csv: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not SMALLEST <= self.students <= LARGEST:
            raise SimulatorError(
                f"{self.students} students asked for; ask for {SMALLEST} to {LARGEST} (--students)."
            )
        strangers = sorted(set(self.years) - set(KNOWN_YEARS))
        if strangers or not self.years:
            raise SimulatorError(
                f"School years {strangers or 'none'} asked for; there are {list(KNOWN_YEARS)} (--years)."
            )
        if list(self.years) != sorted(set(self.years)):
            raise SimulatorError(f"School years {list(self.years)} are not ascending, each once (--years).")

    def generator(self, *purpose: int) -> np.random.Generator:
        """Give the random stream of one purpose: a new purpose never shifts the draws of another."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, *purpose]))


def school_year_title(year: int) -> str:
    """Write a school year as EDFacts submissions do: 2025 is 2024-2025."""
    return f"{year - 1}-{year}"
