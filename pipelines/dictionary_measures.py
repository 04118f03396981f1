"""A measure's page of the dictionary: what it means, how it is computed, from where, and what it is for.

Put here: the page of one measure. Not here: other pages (`dictionary`).
"""

from __future__ import annotations

from collections.abc import Sequence

from assets.column_lineage import columns_of, origins_of
from assets.coverage import Coverage
from assets.home import Home
from assets.lineage import settings_behind
from warehouse.model.measure import Measure
from warehouse.model.plan import placed_measures


def measure_page(home: Home, measure: Measure, inputs: Sequence[Coverage]) -> str:
    """The page as Markdown; `inputs` is what the agency's sources can give of it."""
    owner = home.agency.settings.owners.get(measure.owner, measure.owner)
    unit = measure.unit.replace("_", " ")
    lines = [
        f"# {measure.title}",
        measure.definition,
        f"**Limits.** {measure.limits}",
        "## How it is computed",
        f"```sql\n{measure.formula}\n```",
        f"From `{measure.core_table}`, in {unit}, {_direction(measure)}. For {', '.join(measure.grains)}"
        + (f", told apart by {', '.join(measure.by)}" if measure.by else "")
        + f". Version {measure.version}.",
        _settings(home, measure),
        _origins(home, measure),
        "## Who and when",
        f"Owner: {owner}. Cadence: {measure.cadence}, "
        f"expected {measure.expected_lag_days} days after the year."
        + (f" Federal reference: {measure.federal_reference}." if measure.federal_reference else ""),
        _plan(home, measure),
        _inputs(inputs),
        "## Ask for it",
        "```sql\nSELECT organization_id, organization_name, school_year, value, numerator, denominator\n"
        f"FROM current_measure_value\nWHERE measure_id = '{measure.id}' AND period = 'annual'\n```",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _direction(measure: Measure) -> str:
    return {
        "higher": "higher is better",
        "lower": "lower is better",
        "in_range": "best within its range",
        "informational": "for information",
    }[measure.polarity]


def _settings(home: Home, measure: Measure) -> str:
    names = sorted(settings_behind(home, measure.core_table) - {"as_of", "school_year"})
    thresholds = home.agency.settings.thresholds.model_dump()
    told = [f"{name} = {thresholds[name]}" for name in names if name in thresholds]
    return f"Settings it depends on: {', '.join(told)}." if told else ""


def _origins(home: Home, measure: Measure) -> str:
    """The columns that the formula reads, each with the columns of the sources that it goes back to."""
    texts = [measure.numerator, measure.denominator, measure.value, measure.where]
    columns = dict.fromkeys(column for text in texts if text for column in columns_of(text))
    lines = []
    for column in columns:
        origins = sorted(f"{o.table}.{o.column}" for o in origins_of(home, measure.core_table, column))
        lines.append(f"- `{column}`" + (f": {', '.join(origins)}" if origins else ""))
    return "Columns it reads, and where they come from:\n\n" + "\n".join(lines) if lines else ""


def _plan(home: Home, measure: Measure) -> str:
    placed = [p for plan in home.agency.plans for p in placed_measures(plan)]
    nodes = sorted({p.node_id for p in placed if p.item.measure == measure.id})
    return f"Serves in the plan: {', '.join(nodes)}." if nodes else "The plan does not use it."


def _inputs(inputs: Sequence[Coverage]) -> str:
    if not inputs:
        return "No source that is switched on gives it."
    lines = [
        f"- {c.school_year}, {c.grain}: {c.kind}, {c.basis}, from {', '.join(c.sources) or 'other figures'}"
        for c in inputs
    ]
    return "## Inputs\n\n" + "\n".join(lines)
