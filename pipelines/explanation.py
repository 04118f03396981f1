"""The account of one figure in the terminal: the figure, what it means, and how it is judged.

Put here: wording and layout. Not here: what the account holds (`explain`), its rows and files
(`explanation_of_origin`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipelines.explained_figure import WHOLE_YEAR
from pipelines.explanation_of_origin import INDENT, line, show_checks, show_core, show_snapshots
from pipelines.terminal import figure, not_for_release, status_text
from warehouse.model.dimensions import DIMENSIONS, FROM_MEASURES
from warehouse.read import Row

BASES = {
    "published": "the organization's own rows",
    "sum_of_schools": "sum of schools",
    "sum_of_leas": "sum of districts",
    "sum_of_units": "sum of units",
    "sum_of_divisions": "sum of divisions",
    "sum_of_cbos": "sum of community organizations",
    "derived": "computed from other figures",
}
# Numbers in the words of a status: values of the measure, and distances from them.
_JUDGED = re.compile(r"\b(expected|target of) (-?\d+(?:\.\d+)?)")
_DISTANCE = re.compile(r"\bby (no more than |-?\d+(?:\.\d+)? to )?(-?\d+(?:\.\d+)?)")


def show(console: Console, account: dict[str, Any]) -> None:
    """Print the account of a figure."""
    value, measure = account["value"], account["measure"]
    _show_title(console, account)
    line(console, "Figure", figure_text(value))
    _show_counts(console, account)
    if value["interval_low"] is not None:
        line(console, "Interval", f"{_range(value, 'interval_low', 'interval_high')} (Wilson)")
    _show_other_views(console, account)
    line(console, "Basis", _basis(account))
    line(console, "Means", measure["definition"])
    line(console, "Formula", _formula(account))
    line(console, "Limits", measure["limits"])
    _show_carried(console, account["slice"])
    _show_objectives(console, account["objectives"])
    _show_sides(console, account)
    show_core(console, account)
    show_snapshots(console, account["snapshots"], f"core.{measure['core_table']}")
    show_checks(console, account["checks"])
    _show_history(console, account["history"], measure)


def figure_text(value: Row) -> str:
    """A figure, the ends it lies between, or why there is none."""
    if value["value"] is not None:
        return figure(value["value"], value["unit"], value["decimals"])
    if value["value_low"] is not None and value["value_high"] is not None:
        if _says_nothing(value):
            return f"nothing is known ({_range(value, 'value_low', 'value_high')} is all it can be)"
        aside = " (a bound: the file is incomplete)" if value["is_partial_coverage"] else ""
        return _range(value, "value_low", "value_high") + aside
    why = value["suppression"] or value["null_reason"] or "unknown"
    return f"none ({why.replace('_', ' ')})"


def _says_nothing(value: Row) -> bool:
    """Whether a range holds all that a percentage, or a difference of two, can be."""
    lowest = {"percent": 0.0, "percentage_points": -100.0}.get(value["unit"])
    return lowest is not None and value["value_low"] <= lowest and value["value_high"] >= 100


def _range(value: Row, low: str, high: str) -> str:
    places, unit = value["decimals"], value["unit"]
    start = figure(value[low], "usd", places) if unit == "usd" else f"{value[low]:,.{places}f}"
    return f"{start} to {figure(value[high], unit, places)}"


def _show_title(console: Console, account: dict[str, Any]) -> None:
    value, measure = account["value"], account["measure"]
    name = escape(value["organization_name"])
    console.print(f"[bold]{escape(measure['title'])}[/bold], {name}, {value['school_year']}")
    told = [f"{n.replace('_', ' ')} {value[n]}" for n in DIMENSIONS if value[n] != "none"]
    told += [] if value["period"] == WHOLE_YEAR else [f"period {value['period']}"]
    view = [] if value["organization_view"] == "none" else [f"view {value['organization_view']}"]
    if told or view:
        console.print("; ".join(part for part in (", ".join(told), *view) if part), style="dim")
    if stamp := not_for_release(account["release"]):
        console.print(stamp, style="bold red")


def _show_counts(console: Console, account: dict[str, Any]) -> None:
    counts = _counts(account["value"], account["counted"])
    if counts:
        line(console, "Counts", counts)


def _counts(value: Row, counted: dict[str, str] | None) -> str:
    """Numerator and denominator with what they count; empty where the figure has none."""
    if value["numerator"] is None or value["denominator"] is None:
        return ""
    of, per = ((counted or {}).get(name, "") for name in ("numerator", "denominator"))
    if of == per:
        return f"{_number(value['numerator'], of, is_named=False)} of {_number(value['denominator'], per)}"
    return f"{_number(value['numerator'], of)} for {_number(value['denominator'], per)}"


def _number(value: float, counted: str, *, is_named: bool = True) -> str:
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    if counted == "usd":
        return f"${text}"
    return f"{text} {counted}" if is_named and counted else text


def _show_other_views(console: Console, account: dict[str, Any]) -> None:
    for row in account["other_views"]:
        counts = _counts(row, account["counted"])
        text = f"{row['organization_view']}: {figure_text(row)}" + (f" ({counts})" if counts else "")
        line(console, "Other view", text)


def _basis(account: dict[str, Any]) -> str:
    value, core = account["value"], account["core_rows"]
    text = BASES.get(value["basis"], value["basis"])
    if core is not None and core["computed_for"]:
        tables = ", ".join(source["table"] for source in core["computed_from"])
        text += f", computed from {tables}"
    return f"{text}, {value['data_status']}"


def _formula(account: dict[str, Any]) -> str:
    measure, columns = account["measure"], account["published_as"]
    formula = f"as published: {' to '.join(columns)}" if columns else measure["formula"]
    if measure["core_table"] == FROM_MEASURES:
        return str(formula)
    return f"{formula}, from core.{measure['core_table']}"


def _show_carried(console: Console, slice_: Row | None) -> None:
    if slice_ is not None and slice_["carried_forward_since"]:
        since = str(slice_["carried_forward_since"])[:16]
        line(console, "Carried", f"forward since {since} UTC, because {slice_['carried_reason']}")


def _show_objectives(console: Console, rows: Sequence[Row]) -> None:
    for row in rows:
        line(console, "Objective", f"{row['node_id']} {row['node_title']} ({row['role']})")
        parts = [
            f"{name} {figure(row[name], row['unit'], row['decimals'])}"
            for name in ("baseline", "expected", "target")
            if row[name] is not None
        ]
        reason = f": {_with_units(row)}" if row["status_reason"] else ""
        console.print(INDENT, status_text(row["status"]), escape(reason), sep="")
        if parts:
            console.print(f"{INDENT}{', '.join(parts)}", style="dim")
    if not rows:
        line(console, "Objective", "the plan does not judge this figure")


def _with_units(row: Row) -> str:
    """The reason of a status, its numbers as everywhere else."""
    places, unit = row["decimals"], row["unit"]

    def as_shown(found: re.Match[str]) -> str:
        return f"{found[1]} {figure(float(found[2]), unit, places)}"

    def as_distance(found: re.Match[str]) -> str:
        before = found[1] or ""
        if before.endswith(" to "):
            before = f"{float(before.split()[0]):,.{places}f} to "
        between = "percentage_points" if unit == "percent" else unit
        return f"by {before}{figure(float(found[2]), between, places)}"

    return _DISTANCE.sub(as_distance, _JUDGED.sub(as_shown, row["status_reason"]))


def _show_sides(console: Console, account: dict[str, Any]) -> None:
    """The figures that a derived one is computed from."""
    own = account["value"]
    for side in account["sides"]:
        value = side["value"]
        counts = _counts(value, None)
        which = [] if value["student_group"] == "none" else [value["student_group"]]
        if own["student_group"] == "none" or value["school_year"] != own["school_year"]:
            which = [value["measure_id"], str(value["school_year"])]
        text = f"{' '.join(which)} {figure_text(value)}" + (f" ({counts})" if counts else "")
        line(console, "Made of" if side is account["sides"][0] else "and of", text)
        console.print(f"{INDENT}{escape(side['command'])}", style="dim", soft_wrap=True)


def _show_history(console: Console, history: Sequence[Row], measure: Row) -> None:
    as_shown = {"unit": measure["unit"], "decimals": measure["decimals"]}
    earlier = [f"release {row['release_id']}: {figure_text({**row, **as_shown})}" for row in history]
    line(console, "Reported", "; ".join(earlier[-6:]))
