"""Column lineage as Dagster shows it: from a table's columns to those of the assets it is computed from.

Put here: our names to Dagster's. Not here: the reading of SQL (`column_lineage`).
"""

from __future__ import annotations

import dagster as dg

from assets.column_lineage import Columns

# Views of the agency's settings and plan are no assets, so Dagster cannot show them.
_ASSETS = {"raw": "raw", "core": "core", "previous_year": "core", "to_date": "core"}


def lineage_metadata(columns: Columns) -> dict[str, dg.TableColumnLineage]:
    """The metadata entry that Dagster's page of a table reads its column lineage from."""
    depends: dict[str, list[dg.TableColumnDep]] = {}
    for name, origins in columns.items():
        found = {
            (layer, table.split("__")[0], origin.column)
            for origin in origins
            for schema, _, table in [origin.table.partition(".")]
            if (layer := _ASSETS.get(schema)) is not None
        }
        depends[name] = [
            dg.TableColumnDep(asset_key=dg.AssetKey([layer, table]), column_name=column)
            for layer, table, column in sorted(found)
        ]
    return {"dagster/column_lineage": dg.TableColumnLineage(deps_by_column=depends)}
