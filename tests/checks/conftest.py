"""How the tests of this folder run all claims about invented rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from invented_tables import ABSENCE, CONTRACTS, GOOD_ROWS, ORGANIZATION_ROWS, ORGANIZATIONS, TODAY, write_rows
from postgres import postgres_server, postgres_url  # noqa: F401

from checks.claim import Claim
from checks.result import CheckResult
from checks.run import run_checks
from warehouse.model.contract import Contract

Check = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run all claims about invented rows; gives the results by claim."""

    def run(
        rows: list[dict[str, Any]] | None = None,
        contract: Contract = ABSENCE,
        *,
        suites: tuple[Claim, ...] = (),
        views: dict[str, list[Path]] | None = None,
        **more: Any,
    ) -> dict[str, CheckResult]:
        lake = tmp_path / "lake" / "school_year=1900"  # a trap: hive naming must not replace the column
        if views is None:
            organizations = write_rows(lake / "o.parquet", ORGANIZATIONS, ORGANIZATION_ROWS)
            views = {"core.organizations": [organizations]}
            given = GOOD_ROWS if rows is None else rows
            views[contract.name] = [write_rows(lake / "t.parquet", contract, given)] if given else []
        settings: dict[str, Any] = {
            "target": contract.name,
            "school_year": 2021,
            "data_version": "v1",
            "today": TODAY,
            "failing_dir": tmp_path / "failing",
            "contracts": CONTRACTS,
            "extra_suites": suites,
            **more,
        }
        results = run_checks(contract, views=views, **settings)
        by_name = {r.claim: r for r in results}
        assert len(by_name) == len(results)
        return by_name

    return run
