"""The agency's settings as a table, so that two releases can be told apart by them.

Put here: which settings a release says. Not here: the view `agency.settings` that SQL reads (`core_inputs`).
"""

from __future__ import annotations

import pyarrow as pa

from warehouse.model.agency import Agency
from warehouse.model.contract import Contract

# Beside the thresholds: what else of agency.yml a published figure depends on.
_OTHERS = ("minimum_n", "accountability_minimum_n", "default_lea_view")


def setting_rows(agency: Agency, contract: Contract) -> pa.Table:
    """Every setting that a figure can depend on, by name."""
    settings = agency.settings
    named = {**settings.thresholds.model_dump(), **{name: getattr(settings, name) for name in _OTHERS}}
    rows = [{"setting": name, "setting_value": str(value)} for name, value in sorted(named.items())]
    return pa.Table.from_pylist(rows, schema=contract.arrow_schema())
