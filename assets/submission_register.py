"""The register of what the state owes the federal government: each file and report by its day, read or not.

Put here: the list of submissions set against what the lake has accepted. Not here: the list itself
(`warehouse/codes/edfacts_submissions.csv`), the federal layouts (their sources).
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from assets.evidence import account_of
from assets.home import Home
from warehouse.model.contract import Contract
from warehouse.model.places import CODES

_FILE = CODES / "edfacts_submissions.csv"


def submission_rows(home: Home, school_year: int, contract: Contract) -> pa.Table:
    """Every submission of a school year.

    A submission counts as there once the agency's source of that file has an accepted reading of the year.
    Where no source tells, nothing is said: null is not the same as no.
    """
    with _FILE.open(encoding="utf-8", newline="") as handle:
        rows = [_row(home, school_year, given) for given in csv.DictReader(handle)]
    schema = contract.arrow_schema()
    return pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["submission_id"])), schema=schema)


def _row(home: Home, school_year: int, given: dict[str, str]) -> dict[str, Any]:
    month, day = (int(part) for part in given["due_month_day"].split("-"))
    due = date(school_year + int(given["years_after"]), month, day)
    source = given["source_id"] or None
    is_told = source in home.sources and home.settings_of(str(source)).for_year(school_year) is not None
    account = account_of(home, str(source), school_year) if is_told else []
    return {
        "submission_id": given["submission_id"],
        "school_year": school_year,
        "submission_kind": given["submission_kind"],
        "title": given["title"],
        "due_on": due,
        "is_due_verified": given["is_verified"] == "yes",
        "due_basis": given["basis"],
        "source_id": source if is_told else None,
        "is_submitted": bool(account) if is_told else None,
        "read_on": min((_day(entry) for entry in account), default=None),
        "is_overdue": due < home.as_of and not account if is_told else None,
    }


def _day(entry: dict[str, Any]) -> date:
    return datetime.fromisoformat(entry["fetched_at"]).date()
