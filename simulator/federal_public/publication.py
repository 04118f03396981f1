"""Everything the federal government publishes of a school year.

Put here: which files there are, and when. Not here: any file's layout.
"""

from __future__ import annotations

from pathlib import Path

from simulator.federal_public.assessments import write_assessments
from simulator.federal_public.common_core import write_common_core
from simulator.federal_public.express import write_achievement, write_homeless
from simulator.federal_public.results import count_results
from simulator.organizations import State
from simulator.outcomes import Tested
from simulator.people import Spells, Students


def publish(
    state: State, students: Students, spells: Spells, tested: Tested, folder: Path, *, has_results: bool
) -> None:
    """Write the year's files.

    `has_results` says whether the assessments of the year are published yet: they come more than a year
    after the tests.
    """
    write_common_core(state, students, spells, folder / "ccd")
    if not has_results:
        return
    write_homeless(state, students, folder / "ed_data_express")
    for level in ("sch", "lea"):
        results = count_results(state, students, spells, tested, level)
        write_assessments(state, results, folder / "edfacts_assessments")
        write_achievement(state, results, folder / "ed_data_express")
