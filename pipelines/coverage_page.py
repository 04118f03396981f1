"""docs/coverage.md: measure by agency, school years and grain, from the declarations of every agency folder.

Put here: the page. Not here: the answer itself (`assets.coverage`). Run `python -m pipelines.coverage_page`
after a change of sources or agencies; a test fails while the page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import gettempdir

from assets.coverage import Coverage, coverage
from assets.home import Home, open_home
from warehouse.model.errors import SpmError
from warehouse.model.places import AGENCIES, PROJECT

PAGE = PROJECT / "docs" / "coverage.md"
HEAD = """# What each input can give

Made by `python -m pipelines.coverage_page` from the agency folders and the sources' `provides`; do not edit.

*counts*: numerator and denominator, so that the figure can be rolled up and has an interval. *figures*:
published as a percentage or a range only. *bound*: summed from an incomplete file, marked
`is_partial_coverage`, never judged, and withheld where a unit shows a figure and no count. *derived*:
computed from another measure.

`spm plan check` refuses a plan that asks for a measure, or a grain of it, that is not in its agency's rows.

| measure | agency | grain | kind | how | school years | sources |
|---|---|---|---|---|---|---|
"""


def build_page(homes: Iterable[Home]) -> str:
    """The page's text."""
    rows = sorted(row for home in homes for row in _rows(home))
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def agency_homes() -> Iterator[Home]:
    """A home for every agency folder; nothing is read or written in it."""
    for folder in sorted(p for p in AGENCIES.iterdir() if (p / "agency.yml").exists()):
        nowhere = Path(gettempdir()) / "spm-coverage" / folder.name
        yield open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(nowhere)})


def _rows(home: Home) -> Iterator[tuple[str, ...]]:
    years: dict[tuple[str, str, str, str, tuple[str, ...]], list[int]] = {}
    for item in coverage(home):
        years.setdefault(_same(item), []).append(item.school_year)
    for (measure, grain, kind, basis, sources), found in years.items():
        agency = home.agency.settings.agency_id
        yield measure, agency, grain, kind, basis, _spans(found), ", ".join(sources)


def _same(item: Coverage) -> tuple[str, str, str, str, tuple[str, ...]]:
    return item.measure_id, item.grain, item.kind, item.basis, item.sources


def _spans(years: list[int]) -> str:
    """Years as people write them: 2006-2009, 2012."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def main() -> int:
    """Write the page; a declaration that is wrong leaves the old one and is told as one paragraph."""
    try:
        page = build_page(agency_homes())
    except SpmError as problem:
        print(problem, file=sys.stderr)
        return 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
