"""What tells figures apart beside organization, school year and period.

Put here: the names alone, so that commands which only read the warehouse need not import Arrow for them.
Not here: what a measure is (`measure`).
"""

from __future__ import annotations

# `none` where not applicable.
DIMENSIONS = ("student_group", "grade", "subject", "federal_program_code", "award_id", "strategy_id")
# The reference of a gap to everybody who is not in the group.
OTHERS = "others"
# What stands in `from` of a measure that is computed from other figures.
FROM_MEASURES = "measures"
