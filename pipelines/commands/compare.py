"""Commands that set two releases or two years side by side: diff, change.

Put here: opening, choosing between a table and JSON. Not here: what differs (`differences`, `change`), layout
(`differences_shown`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assets.place import find_place
from pipelines import differences_shown
from pipelines.change import Changed, Side, change
from pipelines.differences import differences, release_row
from pipelines.known import require_measure, require_organization
from pipelines.terminal import console, print_json
from pipelines.wrong_use import WrongUse
from warehouse.read import Reader, open_reader

if TYPE_CHECKING:
    from assets.home import Home


def run_diff(
    before: int, after: int, measure: str | None, organization: str | None, limit: int, *, as_json: bool
) -> int:
    """Print what differs between two releases, and why."""
    from assets.home import open_home
    from assets.lineage import settings_behind

    place, home = find_place(), open_home()
    measures = home.agency.measures

    def settings_of(measure_id: str) -> set[str] | None:
        known = measures.get(measure_id)
        return None if known is None else set(settings_behind(home, known.core_table))

    def measures_of(measure_id: str) -> Sequence[str]:
        known = measures.get(measure_id)
        return () if known is None else known.operands

    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        if measure is not None:
            require_measure(reader, measure)
        if organization is not None:
            require_organization(reader, organization, releases=(before, after))
        account = differences(
            reader,
            before,
            after,
            settings_of=settings_of,
            measures_of=measures_of,
            measure=measure,
            organization=organization,
        )
    if as_json:
        print_json(account)
    else:
        differences_shown.show_differences(console(), account, limit)
    return 0


def run_change(
    measure_id: str,
    organization: str,
    by: str,
    years: tuple[int, int],
    releases: tuple[int | None, int | None],
    given: dict[str, str | None],
    limit: int,
    *,
    as_json: bool,
) -> int:
    """Print a rate's change between two years, or releases, taken apart by its parts."""
    from assets.home import open_home

    place, home = find_place(), open_home()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        require_measure(reader, measure_id)
        require_organization(reader, organization)
        sides = [Side(_release(reader, release), year) for release, year in zip(releases, years, strict=True)]
        if sides[0] == sides[1]:
            raise WrongUse(
                "The two sides are the same",
                remedy="Give two years (--from, --to) or two releases (--from-release, --to-release)",
            )
        asked = Changed(measure_id, organization, by, {k: v for k, v in given.items() if v}, _views(home))
        account = change(reader, asked, *sides)
    if as_json:
        print_json(account)
    else:
        differences_shown.show_change(console(), account, limit)
    return 0


def _release(reader: Reader, given: int | None) -> int:
    if given is not None:
        return int(release_row(reader, given)["release_id"])
    return int(reader.release()["release_id"])


def _views(home: Home) -> tuple[str, ...]:
    return ("none", "as_published", home.agency.settings.default_lea_view)
