"""Every source reads its golden pair as its author expects."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from golden_pairs import LINEAGE, Pair, as_compared, pairs, rows_of, rows_of_csv

from sources.registry import discover

PAIRS = list(pairs())


@pytest.mark.parametrize("source_id", sorted(discover()))
def test_every_source_has_a_golden_pair(source_id: str) -> None:
    assert any(pair.source.id == source_id for pair in PAIRS), (
        f"sources/{source_id}/golden/golden.yml is missing: CONTRIBUTING.md, Add a source, says what it is"
    )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_golden_pair_reads_as_expected(pair: Pair, tmp_path: Path) -> None:
    results = pair.read(tmp_path)
    for name, result in results.items():
        assert result.rows_in == result.rows_out + result.rows_quarantined
        header, expected = rows_of_csv(pair.expected(name))
        canonical = [c for c in result.table.column_names if c not in LINEAGE]
        assert sorted(header) == sorted(canonical), f"{pair.expected(name).name}: another set of columns"
        numeric = [pa.types.is_decimal(result.table[c].type) for c in header]
        found = rows_of(result.table, header)
        assert as_compared(found, numeric) == as_compared(expected, numeric), f"{pair.name}, table {name}"
        _hold_quarantine(pair, name, result.quarantine)


def _hold_quarantine(pair: Pair, name: str, quarantine: pa.Table) -> None:
    file = pair.expected(f"{name}_quarantine")
    if not file.exists():
        assert quarantine.num_rows == 0, f"{file.name} is missing, though rows are set aside"
        return
    header, expected = rows_of_csv(file)
    assert rows_of(quarantine, header) == expected


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_golden_pair_shows_more_than_one_row(pair: Pair, tmp_path: Path) -> None:
    assert sum(result.rows_out for result in pair.read(tmp_path).values()) >= 2
