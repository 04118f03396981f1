"""The command that prints what a review of the plan looks at.

Put here: opening, choosing between tables and JSON. Not here: rows (`review`) and layout (`review_shown`).
"""

from __future__ import annotations

from assets.place import find_place
from pipelines.review import period, review
from pipelines.review_shown import show
from pipelines.terminal import console, print_json
from warehouse.read import open_reader


def run_review(month: str | None, quarter: str | None, year: int | None, *, as_json: bool) -> int:
    """Print the review of a month, a quarter or a school year."""
    asked = period(month, quarter, year)
    place = find_place()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        found = review(reader, asked)
    if as_json:
        print_json(found)
    else:
        show(console(), found)
    return 0
