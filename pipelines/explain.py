"""From a figure back to where it came from: formula, core rows, snapshots, checks, objective, releases.

Put here: gathering the account of one figure. Not here: how it is computed (`assets`), how it looks
(`explanation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.model.errors import SpmError
from warehouse.read import Reader, Row

if TYPE_CHECKING:
    from assets.home import Home

DIMENSIONS = ("student_group", "grade", "subject", "federal_program_code")
# Which of several views of an organization is explained when none is named.
VIEWS = ("none", "as_published", "authorizer", "reporting_lea")
PLACE = ("measure_id", "organization_id", "organization_view", "school_year", "award_id")
MOST_ROWS = 10
COMPUTED = "core"
LINEAGE = ("source_id", "source_line")
SUMMED = {"sum_of_schools": "SCHOOL", "sum_of_leas": "LEA"}


@dataclass(frozen=True)
class Asked:
    """Which figure; None for a dimension means all students, all grades and so on."""

    measure_id: str
    organization_id: str
    school_year: int
    student_group: str | None = None
    grade: str | None = None
    subject: str | None = None
    federal_program_code: str | None = None
    view: str | None = None


def explain(reader: Reader, home: Home | None, asked: Asked) -> dict[str, Any]:
    """The account of one figure as plain values.

    Args:
        reader: The warehouse.
        home: The home whose lake has the core rows; None leaves them out.
        asked: Which figure.

    Raises:
        SpmError: The release has no such measure, or no such figure; says what it has instead.
    """
    measure = reader.measure(asked.measure_id)
    shown_as = {"unit": measure["unit"], "decimals": measure["decimals"]}
    value = _the_one(reader, asked)
    figure = {name: value[name] for name in (*DIMENSIONS, *PLACE)}
    part = {"table_name": "measure_value", "school_year": asked.school_year, "part": asked.measure_id}
    slices = reader.slices(face="internal", **part)
    tables = (f"core.{measure['core_table']}", "core.organizations", f"measures.{measure['core_table']}")
    return {
        "release": reader.release(),
        "measure": measure,
        "value": {**value, **shown_as},
        "objectives": [{**row, **shown_as} for row in reader.scorecard(**figure)],
        "slice": slices[0] if slices else None,
        "snapshots": _snapshots(reader, slices, asked.school_year),
        "core_rows": _core_rows(home, measure, value) if home is not None else None,
        "checks": reader.checks(table_name=list(tables), school_year=asked.school_year),
        "history": reader.measure_history(period=value["period"], **figure),
    }


def _snapshots(reader: Reader, slices: Sequence[Row], year: int) -> list[Row]:
    """The files that a slice was made from."""
    sha256s = set(str(slices[0]["snapshots"]).split()) if slices else set()
    known = reader.table("source_snapshot", school_year=year, order="source_id, address")
    return [row for row in known if row["snapshot_sha256"] in sha256s]


def _the_one(reader: Reader, asked: Asked) -> Row:
    candidates = reader.measure_values(
        measure_id=asked.measure_id,
        organization_id=asked.organization_id,
        school_year=asked.school_year,
        period="annual",
    )
    wanted = [row for row in candidates if all(_fits(row, name, asked) for name in DIMENSIONS)]
    if asked.view is not None:
        wanted = [row for row in wanted if row["organization_view"] == asked.view]
    if wanted:
        return min(wanted, key=lambda row: VIEWS.index(row["organization_view"]))
    raise SpmError(
        f"The release has no figure of {asked.measure_id} for {asked.organization_id} in {asked.school_year}"
        + (" with these dimensions" if candidates else ""),
        remedy=_instead(reader, asked, candidates),
    )


def _fits(row: Row, name: str, asked: Asked) -> bool:
    given = getattr(asked, name)
    return bool(row[name] == given if given is not None else row[name] in ("all", "none"))


def _instead(reader: Reader, asked: Asked, candidates: Sequence[Row]) -> str:
    if candidates:
        there = [
            f"{name} {', '.join(sorted({row[name] for row in candidates}))}"
            for name in (*DIMENSIONS, "organization_view")
            if {row[name] for row in candidates} != {"none"}
        ]
        return f"It has: {'; '.join(there)}"
    absent = reader.absent(table_name="measure_value", part=asked.measure_id, school_year=asked.school_year)
    if absent:
        return f"The whole year is absent: {absent[0]['reason']}"
    same = reader.measure_values(measure_id=asked.measure_id, organization_id=asked.organization_id)
    if same:
        return f"It has the years {', '.join(sorted({str(row['school_year']) for row in same}))}"
    known = reader.table("organization", organization_id=asked.organization_id)
    return (
        "Look up the id in current_organization"
        if not known
        else f"`spm measures` shows what {known[0]['organization_type']} figures there are"
    )


def _core_rows(home: Home, measure: Row, value: Row) -> dict[str, Any] | None:
    """The rows of the core table behind the figure, and the sources they came from; see `MOST_ROWS`.

    None for tables about single students, and when the lake no longer has the version.
    """
    from assets.core import core_node
    from assets.engine import TableName, connect, view_files

    contract, year = home.contracts[measure["core_table"]], value["school_year"]
    if contract.is_restricted:
        return None
    with connect(home.root / "temporary") as connection:
        for table in ("organizations", contract.table):
            state = home.lake.state(core_node(table), year)
            if state is None or state.accepted is None:
                return None
            view_files(
                connection, TableName("core", table), [home.lake.file(core_node(table), year, state.accepted)]
            )
        names = {f.name for f in contract.fields}
        given = {n: value[n] for n in DIMENSIONS if n in names and value[n] != "none"}
        shown = [n for n in (*contract.key, *_figures(contract.fields, contract.key), *LINEAGE) if n in names]
        of_whom, parameters = _whose(value)
        where = " AND ".join([of_whom, *(f"c.{name} = ?" for name in given)])
        cursor = connection.execute(
            f"SELECT {', '.join(f'c.{name}' for name in shown)} FROM core.{contract.table} AS c "
            f"JOIN core.organizations AS o USING (organization_id, school_year) WHERE {where} "
            f"ORDER BY ALL LIMIT {MOST_ROWS}",
            [*parameters, *given.values()],
        )
        rows = [dict(zip(shown, row, strict=True)) for row in cursor.fetchall()]
        sources = connection.execute(f"SELECT DISTINCT source_id FROM core.{contract.table}").fetchall()
    return {
        "table": contract.name,
        "count": value["core_rows"],
        "rows": rows,
        "sources": sorted(_sources_of(home, contract.table, {name for (name,) in sources if name})),
    }


def _sources_of(home: Home, table: str, named: set[str]) -> set[str]:
    """The sources that hold the figures; rows computed from other core tables name `core` as theirs."""
    from assets.core import core_tables

    if COMPUTED not in named:
        return named
    tables = core_tables(home)
    inputs = [name for name in tables[table].core_inputs if name != "organizations"]
    return (named - {COMPUTED}).union(*(tables[name].sources for name in inputs))


def _whose(value: Row) -> tuple[str, list[str]]:
    """Which organizations' rows a figure was made from: its own, or those it was summed over."""
    kind = SUMMED.get(value["basis"])
    if kind is None:
        return "c.organization_id = ?", [value["organization_id"]]
    if value["organization_type"] == "SEA":
        return "o.organization_type = ?", [kind]
    column = "reporting_lea_id" if value["organization_view"] == "reporting_lea" else "authorizer_lea_id"
    return f"o.organization_type = ? AND o.{column} = ?", [kind, value["organization_id"]]


def _figures(fields: Sequence[Any], key: Sequence[str]) -> list[str]:
    kinds = ("bigint", "money", "percent", "decimal", "double")
    return [f.name for f in fields if f.type in kinds and f.name not in key and f.name != "source_line"]
