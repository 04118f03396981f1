"""A cell is the text that the database gives, to its last digit."""

from __future__ import annotations

import pytest
from sql_systems import System


def cell(system: System, expression: str) -> str | None:
    system.tables = {"one": f"SELECT '1' AS id, {expression} AS cell"}
    return system.take()["one"][0]["cell"]


@pytest.mark.parametrize(
    "expression, text",
    [
        ("9007199254740993", "9007199254740993"),
        ("-1", "-1"),
        ("''", ""),
        ("NULL", None),
        ("'0160011'", "0160011"),
        ("'Añasco, \"Upper\"'", 'Añasco, "Upper"'),
        ("'84.%:x'", "84.%:x"),
    ],
)
def test_a_cell_is_kept_as_it_stands(system: System, expression: str, text: str | None):
    assert cell(system, expression.replace(":x", "\\:x")) == text


@pytest.mark.parametrize(
    "expression, text",
    [
        ("CAST('0.10' AS numeric(18,2))", "0.10"),
        ("CAST('99999999999999999999.123456789' AS numeric)", "99999999999999999999.123456789"),
        ("CAST(1e20 AS numeric)", "100000000000000000000"),
        ("CAST('1e-7' AS double precision)", "0.0000001"),
        ("true", "true"),
        ("DATE '2025-09-30'", "2025-09-30"),
        ("TIMESTAMP '2025-09-30 08:01:02.5'", "2025-09-30 08:01:02.500000"),
        ("TIMESTAMPTZ '2025-09-30 08:00:00-05'", "2025-09-30 13:00:00+00:00"),
        ("CAST('6f1cbb0e-0000-0000-0000-000000000000' AS uuid)", "6f1cbb0e-0000-0000-0000-000000000000"),
    ],
)
def test_postgresql_types_are_written_exactly(postgresql: System, expression: str, text: str):
    assert cell(postgresql, expression) == text


@pytest.mark.parametrize("expression", ["CAST('ab' AS bytea)", "ARRAY[1, 2]", "CAST('{}' AS jsonb)"])
def test_what_is_no_cell_is_refused_by_column(postgresql: System, expression: str):
    postgresql.tables = {"one": f"SELECT '1' AS id, {expression} AS document"}
    error = postgresql.fetch().error
    assert error is not None and error.column == "document" and "no cell of a table" in error.what


def test_bytes_of_sqlite_are_refused(sqlite: System):
    sqlite.tables = {"one": "SELECT '1' AS id, x'00ff' AS picture"}
    error = sqlite.fetch().error
    assert error is not None and error.column == "picture"
