"""No password of a database's address is told, wherever in the address it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.commands.doctor import _database
from warehouse.engine import parse_url, shown_url
from warehouse.model.errors import SpmError

PASSWORD = "w0rd-of-the-clerk"
ADDRESSES = [
    f"postgresql+psycopg://clerk:{PASSWORD}@127.0.0.1:1/db",
    f"postgresql+psycopg://127.0.0.1:1/db?password={PASSWORD}",
    f"postgresql+psycopg://clerk:{PASSWORD}",
    f"postgresql+psycopg://127.0.0.1:{PASSWORD}/db",
    f"nosuchdatabase://clerk:{PASSWORD}@host/db",
    f"mssql+pyodbc:///?odbc_connect=DRIVER%3Dx;PWD%3D{PASSWORD}",
    f"clerk:{PASSWORD}@host",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_doctor_says_that_a_source_database_fails_without_its_password(tmp_path: Path, address: str) -> None:
    (line,) = _database("invented_money", address, tmp_path)
    assert line.state == "fail" and "invented_money" in line.found
    assert PASSWORD not in repr(line)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_address_of_the_warehouse_is_shown_or_refused_without_its_password(address: str) -> None:
    try:
        said = shown_url(parse_url(address))
    except SpmError as problem:
        said = f"{problem} {problem!r}"
        assert problem.__cause__ is None
    assert PASSWORD not in said


def test_where_the_warehouse_is_stays_in_its_address() -> None:
    address = "postgresql+psycopg://clerk@/db?host=/run/postgresql&sslmode=require"
    assert shown_url(parse_url(address)).endswith("/db?host=%2Frun%2Fpostgresql&sslmode=require")
