"""What the release knows: whether an organization, a measure or a year that somebody names is there.

Put here: saying what there is instead. Not here: which of it is an error of use (`commands`).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from pipelines.wrong_use import WrongUse, meant
from warehouse.model.errors import SpmError
from warehouse.read import Reader, Row

MOST = 5
LARGEST_FIRST = ("SEA", "LEA", "SCHOOL")


def require_measure(reader: Reader, measure_id: str) -> None:
    """Refuse a measure that the release does not know.

    Raises:
        WrongUse: Says which there are.
    """
    known = [str(row["measure_id"]) for row in reader.table("measure", order="measure_id")]
    if measure_id not in known:
        raise WrongUse(
            "No such measure",
            value=measure_id,
            remedy=f"{meant(measure_id, known)}Use one of {', '.join(known)}",
        )


def require_organization(
    reader: Reader, organization_id: str, error: type[SpmError] = WrongUse, releases: Sequence[int] = ()
) -> None:
    """Refuse an organization that neither the current release nor one of `releases` knows.

    Raises:
        SpmError: `error`; says which are near by id or name.
    """
    if reader.table("organization", organization_id=organization_id):
        return
    if releases and reader.measure_history(organization_id=organization_id, release_id=list(releases)):
        return  # closed or merged since, but there in what is compared
    known = reader.select(
        f"SELECT organization_id, min(organization_name) AS organization_name, "
        f"min(organization_type) AS organization_type FROM {reader.view('current_organization')} "
        "GROUP BY organization_id ORDER BY organization_id"
    )
    raise error(
        "The release has no such organization",
        value=organization_id,
        remedy=_organizations(organization_id, known),
    )


def require_scorecard(reader: Reader, year: int | None, organization_id: str | None) -> None:
    """Refuse a scorecard that would be empty.

    Raises:
        SpmError: Says which organizations or years there are.
    """
    if organization_id is not None:
        require_organization(reader, organization_id, SpmError)
    if reader.scorecard(school_year=year, organization_id=organization_id):
        return
    of_whom = "the plan" if organization_id is None else f"{organization_id} in the plan"
    rows = reader.scorecard(organization_id=organization_id)
    years = ", ".join(map(str, sorted({row["school_year"] for row in rows})))
    if year is not None and years:
        raise SpmError(
            f"The release has no figure of {of_whom} for this year",
            value=str(year),
            remedy=f"There are {years} (`--year`)",
        )
    raise SpmError(
        f"The release judges no figure of {of_whom}",
        value=organization_id,
        remedy="`spm status` shows which the plan judges, and `spm explain` any other figure",
    )


def _organizations(asked: str, known: list[Row]) -> str:
    """The organizations that were probably meant, else the largest there are."""
    word = asked.casefold()
    near = [
        r for r in known if word in str(r["organization_name"]).casefold() or word == r["organization_id"]
    ]
    if len(word) < 3 or not near:
        by_text = {
            str(r[name]).casefold(): r for r in known for name in ("organization_id", "organization_name")
        }
        near = [by_text[text] for text in get_close_matches(word, by_text, n=MOST, cutoff=0.75)]
    if near:
        found = {r["organization_id"]: _shown(r) for r in near[:MOST]}
        return f"Did you mean {' or '.join(found.values())}? `--org` takes the id"
    if not known:
        return "It has none yet: no source that is switched on gives core.organizations"
    first = sorted(known, key=lambda r: (_rank(str(r["organization_type"])), r["organization_id"]))[:MOST]
    more = f" and {len(known) - len(first):,} more in current_organization" if len(known) > len(first) else ""
    return f"There are {', '.join(map(_shown, first))}{more}"


def _rank(organization_type: str) -> int:
    """The state first, then districts and schools, then whoever else has figures: units, grantees."""
    return (
        LARGEST_FIRST.index(organization_type) if organization_type in LARGEST_FIRST else len(LARGEST_FIRST)
    )


def _shown(row: Row) -> str:
    return f"{row['organization_id']} ({row['organization_name']})"
