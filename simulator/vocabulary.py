"""Student groups, and the words each system writes for them.

Put here: the group codes of the truth, and each system's spelling of sex, race and status.
Not here: how many students are in a group (see `people`).
"""

from __future__ import annotations

from dataclasses import dataclass

SEXES = ("female", "male")
SEX_CODES = ("F", "M")


@dataclass(frozen=True)
class Race:
    """A race or ethnicity: our code, CEDS option, EDFacts membership and assessment codes, state share."""

    group: str
    ceds: str
    membership_code: str
    major_code: str
    share: float


RACES = (
    Race("american_indian_or_alaska_native", "AmericanIndianOrAlaskaNative", "AM7", "MAN", 0.02),
    Race("asian", "Asian", "AS7", "MA", 0.06),
    Race("black_or_african_american", "BlackOrAfricanAmerican", "BL7", "MB", 0.14),
    Race("hispanic_or_latino", "HispanicOrLatinoEthnicity", "HI7", "MHL", 0.26),
    Race(
        "native_hawaiian_or_other_pacific_islander",
        "NativeHawaiianOrOtherPacificIslander",
        "PI7",
        "MNP",
        0.01,
    ),
    Race("two_or_more_races", "TwoOrMoreRaces", "MU7", "MM", 0.06),
    Race("white", "White", "WH7", "MW", 0.45),
)

# Yes/no statuses of a student: the group code of the truth, and the column of the SIS extract.
STATUSES = (
    "children_with_disabilities",
    "english_learner",
    "economically_disadvantaged",
    "homeless",
    "migrant",
    "foster",
    "military_connected",
)
# The SIS also keeps who has a Section 504 plan; FS195 counts them, the plan's measures do not.
SECTION_504 = "section_504"

GROUPS = ("all", *(race.group for race in RACES), *SEXES, *STATUSES)

GRADES = ("kg", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
SIS_GRADES = ("KG", *GRADES[1:])  # as the SIS and EDFacts write them
TESTED_GRADES = (3, 4, 5, 6, 7, 8, 11)
TRUTH_TESTED_GRADES = {3: "03", 4: "04", 5: "05", 6: "06", 7: "07", 8: "08", 11: "hs"}
