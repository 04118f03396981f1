"""From a figure back to where it came from: formula, core rows, snapshots, checks, objective, releases.

Put here: gathering the account of one figure. Not here: which figure is meant (`explained_figure`), its core
rows (`explained_rows`), how it is computed (`assets`), how it looks (`explanation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.explained_figure import VIEWS, WHOLE, WHOLE_YEAR, Asked, command, the_figure
from warehouse.model.dimensions import DIMENSIONS, OTHERS
from warehouse.read import Reader, Row

if TYPE_CHECKING:
    from assets.home import Home
    from warehouse.model.measure import Measure

__all__ = ["Asked", "explain"]
# What figures of figures count.
_COUNTED = {
    "cost_per_outcome": {"numerator": "usd", "denominator": "students"},
    "targets_met": {"numerator": "targets", "denominator": "targets"},
    "fresh": {"numerator": "measures of the plan", "denominator": "measures of the plan"},
}
PLACE = ("measure_id", "organization_id", "organization_view", "school_year")


def explain(reader: Reader, home: Home | None, asked: Asked) -> dict[str, Any]:
    """The account of one figure as plain values.

    Args:
        reader: The warehouse.
        home: The home whose lake has the core rows; None leaves them out.
        asked: Which figure.

    Raises:
        SpmError: The release has no such measure, or no such figure; says what it has instead.
    """
    definition = reader.measure(asked.measure_id)
    shown_as = {"unit": definition["unit"], "decimals": definition["decimals"]}
    value, others = the_figure(reader, asked, _views(home))
    figure = {name: value[name] for name in (*DIMENSIONS, *PLACE)}
    slices = reader.slices(
        face="internal", table_name="measure_value", school_year=asked.school_year, part=asked.measure_id
    )
    measure = None if home is None else home.agency.measures.get(asked.measure_id)
    sides = _sides(reader, home, measure, value)
    read = _snapshots(reader, slices, asked.school_year)
    core = None if home is None or measure is None else _core(home, measure, value, sides, read)
    return {
        "release": reader.release(),
        "measure": definition,
        "value": {**value, **shown_as},
        "counted": None if home is None or measure is None else _counted(home, measure),
        "published_as": _published_as(measure, value),
        "other_views": [{**row, **shown_as} for row in others],
        "sides": sides,
        "objectives": [{**row, **shown_as} for row in reader.scorecard(period=value["period"], **figure)],
        "slice": slices[0] if slices else None,
        "snapshots": [{**row, "stands": _stands(row, core, measure)} for row in read],
        "core_rows": core,
        "checks": reader.checks(table_name=_tables(definition, core), school_year=asked.school_year),
        "history": reader.measure_history(period=value["period"], **figure),
    }


def _views(home: Home | None) -> tuple[str, ...]:
    """Views of an organization, the one that is explained by default first, as statuses are judged."""
    default = "authorizer" if home is None else home.agency.settings.default_lea_view
    return tuple(dict.fromkeys(("none", "as_published", default, *VIEWS)))


def _snapshots(reader: Reader, slices: Sequence[Row], year: int) -> list[Row]:
    """The files that a slice was made from."""
    sha256s = set(str(slices[0]["snapshots"]).split()) if slices else set()
    known = reader.table("source_snapshot", school_year=year, order="source_id, table_name, address")
    return [row for row in known if row["snapshot_sha256"] in sha256s]


def _sides(reader: Reader, home: Home | None, measure: Measure | None, value: Row) -> list[dict[str, Any]]:
    """The figures that a derived one is computed from, each with the command that explains it."""
    if home is None or measure is None or measure.derived is None:
        return []
    if measure.gap is not None:
        # The others of a group are all less the group, so these two are what the difference is made of.
        reference = "all" if measure.gap.reference == OTHERS else measure.gap.reference
        place = {name: value[name] for name in (*DIMENSIONS, *PLACE, "period")}
        wanted = [
            {**place, "measure_id": measure.gap.of, "student_group": group}
            for group in (value["student_group"], reference)
        ]
    elif measure.derived.cost_per_outcome is not None:
        wanted = _outcomes(home, value)
    else:
        wanted = [_operand(value, of, year) for of in measure.operands for year in _years(measure, value)]
    found = []
    for where in wanted:
        base = reader.measure(where["measure_id"])
        for row in reader.measure_values(**where):
            shown = {**row, "unit": base["unit"], "decimals": base["decimals"]}
            found.append({"value": shown, "command": command(row)})
    return found


def _operand(value: Row, measure_id: str, school_year: int) -> dict[str, Any]:
    """The organization's own figure of a measure, for all students together."""
    whole = {name: list(WHOLE) for name in DIMENSIONS if name != "subject"}
    return {
        **whole,
        "measure_id": measure_id,
        "organization_id": value["organization_id"],
        "school_year": school_year,
        "period": WHOLE_YEAR,
    }


def _outcomes(home: Home, value: Row) -> list[dict[str, Any]]:
    """The outcome of the strategy that a cost is of, in the year before and in its own."""
    from warehouse.model.plan import Strategy, nodes

    items = (node.item for node in nodes(home.agency.plan) if node.node_id == value["strategy_id"])
    outcome = next((item.outcome_measure for item in items if isinstance(item, Strategy)), None)
    if outcome is None:
        return []
    place = {
        **{name: outcome.dimension(name) for name in DIMENSIONS},
        "measure_id": outcome.measure,
        "organization_id": outcome.scope.organization or value["organization_id"],
        "period": WHOLE_YEAR,
    }
    year = int(value["school_year"])
    return [{**place, "school_year": each} for each in (year - 1, year)]


def _years(measure: Measure, value: Row) -> list[int]:
    """The years whose figures are compared, the earlier first."""
    way = measure.derived
    compared = None if way is None else way.change or way.mean_change
    year = int(value["school_year"])
    return [year] if compared is None else [year - compared.years, year]


def _core(
    home: Home, measure: Measure, value: Row, sides: Sequence[dict[str, Any]], read: Sequence[Row]
) -> dict[str, Any] | None:
    """The core rows behind a figure; of a gap only their number and where both sides came from.

    A figure that is computed from others has none of its own.
    """
    from pipelines.explained_rows import rows_behind

    if measure.is_of_figures:
        return None
    if measure.gap is None:
        return rows_behind(home, measure, value, read)
    base = home.agency.measures[measure.gap.of]
    both = [rows_behind(home, base, side["value"], read, most=0) for side in sides]
    known = [core for core in both if core is not None]
    if not known or len(known) < len(both):
        return None
    return {
        **known[0],
        "count": sum(core["count"] for core in known),
        "origins": sorted({origin for core in known for origin in core["origins"]}),
        "computed_for": sorted({name for core in known for name in core["computed_for"]}),
        "incomplete": {},
        "hidden": {},
    }


def _stands(row: Row, core: dict[str, Any] | None, measure: Measure | None) -> str:
    """How a file stands to the figure.

    `figure`: rows behind it come from the file. `table`: it was read for the table. `organizations`: it only
    names organizations. `made_of`: it is behind the figures that this one is computed from. `unknown`: the
    lake cannot say.
    """
    if measure is not None and measure.is_of_figures:
        return "made_of"
    if core is None:
        return "unknown"
    inputs = core["computed_from"] if core["computed_for"] else []
    computed = {name for source in inputs for name in source["sources"]}
    if (row["source_id"], row["snapshot_sha256"]) in core["origins"] or row["source_id"] in computed:
        return "figure"
    return "table" if row["source_id"] in core["sources"] else "organizations"


def _tables(definition: Row, core: dict[str, Any] | None) -> list[str]:
    """The tables whose checks speak for the figure."""
    inputs = [source["table"] for source in core["computed_from"]] if core and core["computed_for"] else []
    table = definition["core_table"]
    return [f"core.{table}", "core.organizations", f"measures.{table}", *inputs]


def _published_as(measure: Measure | None, value: Row) -> list[str]:
    """The columns that hold a figure as its publisher gives it; none where it is computed from counts."""
    is_own = value["basis"] == "published" and value["numerator"] is None
    if measure is None or measure.published is None or not is_own:
        return []
    if value["value"] is not None:
        return [measure.published.value]
    ends = (measure.published.low, measure.published.high)
    return [name for name in ends if name is not None and value["value_low"] is not None]


def _counted(home: Home, measure: Measure) -> dict[str, str]:
    """What numerator and denominator count, such as students, usd or findings."""
    from pipelines.explained_rows import columns_of

    if measure.is_of_figures:
        way = "" if measure.derived is None else measure.derived.ways[0]
        return _COUNTED.get(way, {})
    contract = home.contracts[measure.core_table]
    things = measure.core_table.split("_")[-1]
    counted = {}
    for name, fragment in (("numerator", measure.numerator), ("denominator", measure.denominator)):
        if fragment is None:
            continue
        is_sum = fragment.lower().startswith("sum(")
        units = [contract.field(c).unit for c in columns_of([fragment])] if is_sum else []
        counted[name] = units[0] or things if units else things
    return counted
