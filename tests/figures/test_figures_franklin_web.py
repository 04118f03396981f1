"""Franklin: figures that rest on a federal web system are the simulator's own answers while it is served."""

from __future__ import annotations

from decimal import Decimal

import pyarrow.compute as pc
import pyarrow.parquet as pq
from refreshed import environment, select

from assets.home import open_home
from pipelines.refresh import refresh
from simulator.web.serve import Systems

MEASURE, YEAR = "subawards_reported_on_time_rate", 2025
KEY = ("organization_id", "organization_view", "period", "award_id")


def test_reports_of_subawards_give_the_true_rates_of_every_month_and_award(small_franklin, tmp_path):
    """Only the measure and what it needs is refreshed, into a home of its own."""
    home = tmp_path / "home"
    with Systems(small_franklin.data) as systems:
        variables = environment("franklin", home, small_franklin.data) | {
            "FRANKLIN_SYSTEMS_URL": systems.url,
            "FRANKLIN_SYSTEMS_KEY": "franklin-demo",
        }
        report = refresh(open_home(variables), years=[YEAR], select=[MEASURE])
    assert not report.failed
    columns = ", ".join((*KEY, "numerator", "denominator", "value"))
    found = {
        row[: len(KEY)]: row[len(KEY) :]
        for row in select(home, f"SELECT {columns} FROM current_measure_value WHERE measure_id = ?", MEASURE)
    }
    wanted = (pc.field("measure_id") == MEASURE) & (pc.field("school_year") == YEAR)
    rows = pq.read_table(small_franklin.data / "truth" / "truth.parquet", filters=wanted).to_pylist()
    told = {tuple(row[name] for name in KEY): row for row in rows}
    assert found.keys() == told.keys()
    periods, awards = ({key[at] for key in told} for at in (2, 3))
    assert len(periods - {"annual"}) >= 1 < len(awards - {"none"})
    for key, (numerator, denominator, value) in found.items():
        answer = told[key]
        assert (Decimal(str(numerator)), Decimal(str(denominator))) == (
            answer["numerator"],
            answer["denominator"],
        )
        assert abs(value - answer["value"]) < 1e-9
