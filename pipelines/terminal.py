"""How results look in a terminal: colours of statuses, figures with their units, JSON instead of tables.

Put here: wording and layout shared by commands. Not here: what is shown.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

COLOURS = {
    "MET": "bold green",
    "ON_TRACK": "green",
    "AT_RISK": "yellow",
    "OFF_TRACK": "bold red",
    "OVERDUE_DATA": "red",
    "INDETERMINATE": "cyan",
    "SUPPRESSED": "magenta",
    "BASELINE_ONLY": "blue",
    "NOT_DUE": "dim",
    "NOT_APPLICABLE": "dim",
}
TRENDS = {"IMPROVING": "improving", "DECLINING": "declining", "FLAT": "flat"}
GRADES = {
    "pk": "pre-kindergarten",
    "kg": "kindergarten",
    "ug": "ungraded",
    "hs": "high school",
}
SUBJECTS = {"ela": "English language arts", "math": "mathematics"}
_UNITS = {"percent": " %", "percentage_points": " pp", "days": " d"}


def console() -> Console:
    """Standard output; as wide as the terminal, 120 columns into a file, so that tables stay whole."""
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False, soft_wrap=False)


def print_json(content: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as `1 row` or `1,204 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def figure(value: float | None, unit: str | None, decimals: int | None = 1) -> str:
    """A figure with its unit, such as `12.3 %` or `$14,210`."""
    if value is None:
        return ""
    places = 1 if decimals is None else decimals
    if unit == "usd":
        return f"${value:,.{places}f}"
    return f"{value:,.{places}f}{_UNITS.get(unit or '', '')}"


def figure_or_range(row: dict[str, Any], name: str, low: str, high: str) -> str:
    """The exact figure, or the two ends of a range."""
    unit, decimals = row.get("unit"), row.get("decimals")
    if row[name] is not None:
        return figure(row[name], unit, decimals)
    if row.get(low) is not None and row.get(high) is not None:
        return f"{row[low]:g} to {figure(row[high], unit, 0)}"
    return ""


def wording(dimension: str, code: str) -> str:
    """A code of a figure's dimension as people say it, such as `grade 3` for `03`."""
    if dimension == "grade":
        return f"grade {int(code)}" if code.isdigit() else GRADES.get(code, code)
    if dimension == "subject":
        return SUBJECTS.get(code, code)
    return code.replace("_", " ")


def status_text(status: str | None) -> Text:
    """A status in its colour."""
    if status is None:
        return Text("not judged", style="dim")
    return Text(status.replace("_", " ").lower(), style=COLOURS.get(status, ""))


def not_for_release(release: dict[str, Any]) -> str:
    """The stamp of a release that must not leave the agency; empty when it may."""
    if not release["not_for_release"]:
        return ""
    return "NOT FOR RELEASE: the public face of this release is not yet protected against recalculation"
