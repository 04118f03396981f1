"""The SIS extracts of a year as csv, as an older system hands them over: the columns of the Parquet extracts.

Put here: writing them from the Parquet extracts, a batch at a time, so that memory stays level.
Not here: the draws (see `attendance`).
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

EXTRACTS = ("attendance", "students", "schools")
ROWS_PER_BATCH = 250_000


def write_csv_extracts(folder: Path, year: int) -> None:
    """Write each extract of a year beside its Parquet file, under the same name."""
    for name in EXTRACTS:
        parquet = folder / f"{name}_{year}.parquet"
        with pq.ParquetFile(parquet) as extract:
            schema = pa.schema([(f.name, _plain(f.type)) for f in extract.schema_arrow])
            with pacsv.CSVWriter(parquet.with_suffix(".csv"), schema) as writer:
                for batch in extract.iter_batches(ROWS_PER_BATCH):
                    writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Words instead of codes of a dictionary: a csv has no dictionary."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind
