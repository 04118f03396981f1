"""Commands that only read the warehouse: status, explain, releases.

Put here: opening, choosing between a table and JSON. Not here: layout (`scorecard`, `explain`).
"""

from __future__ import annotations

from rich.table import Table

from assets.place import find_place
from pipelines import explain as explaining
from pipelines import explanation
from pipelines import scorecard as scoring
from pipelines.known import require_measure, require_organization, require_scorecard
from pipelines.terminal import console, print_json
from warehouse.read import open_reader


def run_status(year: int | None, organization: str | None, *, as_json: bool) -> int:
    """Print the scorecard."""
    place = find_place()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        if year is not None or organization is not None:
            require_scorecard(reader, year, organization)
        card = scoring.scorecard(reader, year=year, organization=organization)
    if as_json:
        print_json({**card, "warehouse": place.warehouse})
    else:
        scoring.show(console(), card, place)
    return 0


def run_explain(asked: explaining.Asked, *, as_json: bool) -> int:
    """Print the account of one figure."""
    from assets.home import open_home

    place = find_place()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        require_measure(reader, asked.measure_id)
        require_organization(reader, asked.organization_id)
        account = explaining.explain(reader, open_home(), asked)
    if as_json:
        print_json(account)
    else:
        explanation.show(console(), account)
    return 0


def run_releases(*, as_json: bool) -> int:
    """Print the releases, newest first."""
    place = find_place()
    with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
        rows = list(reversed(reader.releases()))
    if as_json:
        print_json(rows)
        return 0
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("", "release", "published (UTC)", "as of", "code", "content", "name"):
        table.add_column(name, no_wrap=True, justify="right" if name == "release" else "left")
    for row in rows:
        table.add_row(
            "current" if row["is_current"] else "",
            str(row["release_id"]),
            str(row["published_at"])[:16],
            str(row["as_of"]),
            row["code_version"],
            row["content_hash"][:12],
            row["name"] or "",
        )
    console().print(table)
    return 0
