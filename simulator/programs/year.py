"""A year of all programs.

Put here: that each is drawn and written. Not here: how (the module of each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.edfacts.assessments import Subject
from simulator.organizations import State
from simulator.outcomes import GraduationCohort
from simulator.people import Spells, Students
from simulator.programs import career, community_learning, growth, language, migrant, special_education
from simulator.programs.judged import Judged
from simulator.settings import Settings


@dataclass(frozen=True)
class Programs:
    """What programs report of a school year."""

    growth: Mapping[str, Judged]
    progress: language.Progress
    migratory: migrant.Migratory
    exits: special_education.Exits
    evaluations: special_education.Evaluations
    centers: list[community_learning.Center]
    concentrators: Judged


def draw_programs(
    settings: Settings,
    state: State,
    students: Students,
    spells: Spells,
    subjects: Mapping[str, Subject],
    cohort: GraduationCohort,
) -> Programs:
    """Draw them, each from a stream of its own."""
    return Programs(
        growth=growth.draw_growth(settings, subjects, len(state.schools)),
        progress=language.draw_progress(settings, state, students, spells),
        migratory=migrant.draw_migratory(settings, state, students, spells),
        exits=special_education.draw_exits(settings, state, students, spells, cohort),
        evaluations=special_education.draw_evaluations(settings, state, students, spells),
        centers=community_learning.draw_centers(settings, state, students, spells),
        concentrators=career.draw_concentrators(settings, state, students, spells),
    )


def write_programs(programs: Programs, state: State, year: int, folder: Path) -> None:
    """Write the files of the state's own systems; FS009 is written with the other submissions."""
    growth.write_growth(programs.growth, state, year, folder)
    language.write_progress(programs.progress, state, year, folder)
    migrant.write_migratory(programs.migratory, state, year, folder)
    special_education.write_evaluations(programs.evaluations, state, year, folder)
    community_learning.write_centers(programs.centers, state, year, folder)
    career.write_concentrators(programs.concentrators, state, year, folder)
