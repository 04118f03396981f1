"""The pass and a brute force in plain Python agree on any small population, for measures of every kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_pass import CONTRACTS, table_of

from assets.engine import SCHEMAS, view_settings
from assets.measure_sql import measures_sql
from warehouse.model.contract import DUCKDB_TYPES, FieldSpec
from warehouse.model.measure import DIMENSIONS, Measure

STATE, YEAR = "FK", 2025
Row = Mapping[str, Any]
Figure = tuple[Decimal | None, Decimal | None, float | None, int | None]
Formula = Callable[[Sequence[Row]], Figure]

# Organization, type, authorizer, reporting LEA, what it is part of.
ORGANIZATIONS: dict[str, tuple[str, str | None, str | None, str | None]] = {
    STATE: ("SEA", None, None, None),
    "L1": ("LEA", None, None, STATE), "L2": ("LEA", None, None, STATE), "L3": ("LEA", None, None, STATE),
    "S1": ("SCHOOL", "L1", "L1", "L1"), "S2": ("SCHOOL", "L1", "L3", "L1"),
    "S3": ("SCHOOL", "L2", "L2", "L2"), "S4": ("SCHOOL", None, None, None),
    "D1": ("DIVISION", None, None, STATE), "U1": ("UNIT", None, None, "D1"),
    "U2": ("UNIT", None, None, "D1"), "U3": ("UNIT", None, None, STATE), "C1": ("CBO", None, None, STATE),
}  # fmt: skip
TYPES = {
    "organization_id": "text", "school_year": "smallint", "student_group": "text", "grade": "text",
    "federal_program_code": "text", "award_id": "text", "held_on": "date", "tried": "bigint", "met": "bigint",
    "days": "bigint", "amount_usd": "money", "is_additive": "boolean", "data_status": "text",
    "suppression": "text",
}  # fmt: skip
CONTRACT = CONTRACTS["chronic_absence"].model_copy(
    update={
        "table": "events",
        "fields": tuple(
            FieldSpec.model_validate({"name": name, "type": kind, "description": name, "nullable": True})
            for name, kind in TYPES.items()
        ),
    }
)


def measure(name: str, kind: str, unit: str, grains: Sequence[str], **more: Any) -> Measure:
    given = {
        "id": name, "title": name, "definition": name, "limits": name, "from": "events", "kind": kind,
        "unit": unit, "decimals": 1, "polarity": "higher", "grains": tuple(grains), "counts_people": False,
        "cadence": "annual", "expected_lag_days": 1, "owner": "nobody", "version": 1, **more,
    }  # fmt: skip
    return Measure.model_validate(given)


SCHOOLS_UP = {"from": "SCHOOL", "to": ("LEA", "SEA")}
LEAS_UP = {"from": "LEA", "to": ("SEA",)}
MEASURES = [
    measure("rate", "ratio", "percent", ("SCHOOL", "LEA", "SEA"), numerator="sum(met)",
            denominator="sum(tried)", by=("student_group", "grade"), roll_up=SCHOOLS_UP),
    measure("floored", "ratio", "percent", ("SCHOOL", "LEA", "SEA"), numerator="sum(met)", where="days > 2",
            denominator="greatest(sum(tried), 0.95 * sum(days))", by=("student_group",), roll_up=SCHOOLS_UP),
    measure("gap_to_all", "derived", "percentage_points", ("LEA", "SEA"), by=("student_group", "grade"),
            derived={"gap": {"of": "rate"}}),
    measure("gap_of_others", "derived", "percentage_points", ("LEA", "SEA"), by=("student_group", "grade"),
            derived={"gap": {"of": "rate", "reference": "others", "minus": "group"}}),
    measure("middle", "statistic", "days", ("LEA", "SEA"), value="median(days)", n="count(days)",
            by=("federal_program_code", "award_id"), totals_over=("federal_program_code", "award_id"),
            periods={"date": "held_on", "every": "month"}, roll_up=LEAS_UP),
    measure("most", "statistic", "usd", ("LEA", "SEA"), value="quantile_cont(amount_usd, 0.9)",
            n="count(amount_usd)", periods={"date": "held_on", "every": "quarter", "year": "last"},
            roll_up=LEAS_UP),
    measure("many", "count", "count", ("LEA", "SEA"), value="count(*)", where="days > 5",
            by=("federal_program_code",), totals_over=("federal_program_code",),
            periods={"date": "held_on", "every": "month", "year": "last"}, roll_up=LEAS_UP),
    measure("spent", "amount", "usd", ("SEA", "LEA", "CBO"), value="sum(amount_usd)",
            by=("award_id",), totals_over=("award_id",),
            periods={"date": "held_on", "every": "month", "year": "none"},
            roll_up={"from": ("LEA", "CBO"), "to": ("SEA",)}),
    measure("done", "count", "count", ("UNIT", "DIVISION", "SEA"), value="count(*) FILTER (WHERE met > 2)",
            roll_up={"from": "UNIT", "to": ("DIVISION", "SEA")}),
]  # fmt: skip


def total(rows: Sequence[Row], column: str) -> Decimal | None:
    """A sum that is not known as soon as one part is not."""
    values = [row[column] for row in rows]
    return None if None in values else Decimal(sum(values))


def over(factor: int, numerator: Decimal | None, denominator: Decimal | None) -> Figure:
    if numerator is None or denominator is None:
        return None, None, None, None
    value = None if denominator == 0 else float(factor * numerator / denominator)
    return numerator, denominator, value, round(denominator)


def quantile(rows: Sequence[Row], column: str, share: float) -> Figure:
    values = sorted(float(row[column]) for row in rows if row[column] is not None)
    if not values:
        return None, None, None, 0
    at = share * (len(values) - 1)
    low, high = values[int(at)], values[min(int(at) + 1, len(values) - 1)]
    return None, None, low + (high - low) * (at - int(at)), len(values)


def floored(rows: Sequence[Row]) -> Figure:
    tried, days = total(rows, "tried"), total(rows, "days")
    most = None if tried is None or days is None else max(tried, Decimal("0.95") * days)
    return over(100, total(rows, "met"), most)


def whole(value: Decimal | None, n: int) -> Figure:
    return (None, None, None, None) if value is None else (value, None, float(value), n)


def counted(rows: Sequence[Row], column: str, more_than: int) -> Decimal:
    return Decimal(sum(1 for row in rows if row[column] is not None and row[column] > more_than))


FORMULAS: dict[str, Formula] = {
    "rate": lambda rows: over(100, total(rows, "met"), total(rows, "tried")),
    "floored": floored,
    "middle": lambda rows: quantile(rows, "days", 0.5),
    "most": lambda rows: quantile(rows, "amount_usd", 0.9),
    "many": lambda rows: whole(Decimal(len(rows)), len(rows)),
    "spent": lambda rows: whole(total(rows, "amount_usd"), len(rows)),
    "done": lambda rows: whole(counted(rows, "met", 2), len(rows)),
}
CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "floored": lambda row: row["days"] is not None and row["days"] > 2,
    "many": lambda row: row["days"] is not None and row["days"] > 5,
}


def places(row: Row) -> Iterator[tuple[str, str, bool, str]]:
    """Where a row counts: organization, its type, whether it is the row's own, and in which view."""
    own = row["organization_id"]
    kind, authorizer, reporter, parent = ORGANIZATIONS[own]
    yield own, kind, True, "as_published" if kind == "LEA" else "none"
    if row["is_additive"] and kind != "SEA":
        yield STATE, "SEA", False, "none"
        yield from [(lea, "LEA", False, view) for lea, view in
                    ((authorizer, "authorizer"), (reporter, "reporting_lea")) if lea]  # fmt: skip
        if kind == "UNIT" and parent == "D1":
            yield "D1", "DIVISION", False, "none"


def period(m: Measure, row: Row) -> str | None:
    day = row["held_on"]
    if m.periods is None or day is None:
        return None
    return f"{day:%Y-%m}" if m.periods.every == "month" else f"{day.year}-Q{(day.month + 2) // 3}"


def periods(m: Measure, row: Row, last: str | None) -> list[str]:
    own = period(m, row)
    year = "all" if m.periods is None else m.periods.year
    in_year = year == "all" or (year == "last" and own is not None and own == last)
    return ([own] if own else []) + (["annual"] if in_year else [])


def dimensions(m: Measure, row: Row) -> set[tuple[str, ...]]:
    """The figures a row counts in: all dimensions given, and totals from the last one on."""
    found = set()
    for given_totals in range(len(m.totals_over) + 1):
        kept = [d for d in m.by if d not in m.totals_over[given_totals:]]
        if all(row[d] is not None for d in kept if d in m.totals_over):
            found.add(tuple((row[d] or "none") if d in kept else "none" for d in DIMENSIONS[:5]))
    return found


def brute_force(m: Measure, rows: Sequence[Row]) -> dict[tuple[Any, ...], Figure]:
    buckets = defaultdict(list)
    last = max((p for row in rows if (p := period(m, row))), default=None)
    sources, to = (m.roll_up.sources, m.roll_up.to) if m.roll_up else ((), ())
    for row in rows:
        for place, kind, own, view in places(row):
            source = ORGANIZATIONS[row["organization_id"]][0]
            if kind in m.grains if own else (source in sources and kind in to):
                for part in periods(m, row, last):
                    for values in dimensions(m, row):
                        buckets[own, place, view, part, values].append(row)
    figures, owned = {}, set()
    for (own, place, view, part, values), members in sorted(buckets.items(), key=lambda b: not b[0][0]):
        used = [row for row in members if CONDITIONS.get(m.id, lambda _: True)(row)]
        of_nothing = m.kind in ("count", "amount") and not (own and ORGANIZATIONS[place][0] in to)
        if not (used or of_nothing) or (place, part, values) in owned:
            continue
        figures[m.id, place, view, part, values] = FORMULAS[m.id](used)
        owned |= {(place, part, values)} if own else set()
    return figures


def gaps(m: Measure, rates: Mapping[tuple[Any, ...], Figure]) -> dict[tuple[Any, ...], float | None]:
    found = {}
    for (_, place, view, part, values), (num, den, value, _n) in rates.items():
        reference = rates.get(("rate", place, view, part, ("all", *values[1:])))
        if reference is None or values[0] == "all" or ORGANIZATIONS[place][0] not in m.grains:
            continue
        all_num, all_den, all_value, _n = reference
        difference = None if value is None or all_value is None else value - all_value
        if m.id == "gap_of_others":
            difference = None
            if value is not None and all_num is not None and all_den > den and all_num >= num:
                difference = float(100 * ((all_num - num) / (all_den - den) - num / den))
        found[m.id, place, view, part, values] = difference
    return found


# Few values of each, so that rows of several organizations meet in one figure, and sides of gaps are equal.
some = st.sampled_from([0, 1, 2, 3, 6, 9, 1, 2, 3, 6, 9, None])
days_of_events = st.sampled_from([*(date(2025, 5, 2), date(2025, 5, 30), date(2024, 8, 15)) * 3, None])
placed_at = st.sampled_from([*sorted(set(ORGANIZATIONS) - {STATE}), *("L1", "S1", "S2", "C1") * 3, STATE])
events = st.fixed_dictionaries(
    {
        "organization_id": placed_at,
        "student_group": st.sampled_from(["all", "female", "migrant"]),
        "grade": st.sampled_from(["all", "kg"]),
        "federal_program_code": st.sampled_from(["84.010", "84.027", None]),
        "award_id": st.sampled_from(["A1", "A2", None]),
        "held_on": days_of_events,
        "tried": some, "met": some, "days": some,
        "amount_usd": st.one_of(st.none(), st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)),
        "is_additive": st.sampled_from([True, True, True, False]),
        "data_status": st.just("final"), "school_year": st.just(YEAR), "suppression": st.none(),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        for schema in SCHEMAS:
            made.execute(f"CREATE SCHEMA {schema}")
        view_settings(made, {"state_abbreviation_code": ("VARCHAR", STATE)})
        organizations = [
            {"organization_id": name, "organization_type": kind, "organization_name": name,
             "authorizer_lea_id": authorizer, "reporting_lea_id": reporter,
             "parent_organization_id": parent, "school_year": YEAR}
            for name, (kind, authorizer, reporter, parent) in ORGANIZATIONS.items()
        ]  # fmt: skip
        made.register("given", table_of(CONTRACTS["organizations"], organizations))
        made.execute("CREATE TABLE core.organizations AS SELECT * FROM given")
        yield made


def passed(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], measures: Sequence[Measure] = MEASURES
) -> list[dict[str, Any]]:
    connection.register("events", table_of(CONTRACT, rows))
    connection.execute("CREATE OR REPLACE TABLE core.events AS SELECT * FROM events")
    fields = CONTRACTS["measure_value"].fields
    columns = ", ".join(f"CAST({f.name} AS {DUCKDB_TYPES[f.type]}) AS {f.name}" for f in fields)
    found = connection.execute(f"SELECT {columns} FROM ({measures_sql(CONTRACT, measures, 95)})")
    return list(found.to_arrow_table().to_pylist())


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(events, min_size=1, max_size=40))
def test_the_pass_and_a_brute_force_agree_on_every_figure(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    figures = passed(connection, rows)
    name = ("measure_id", "organization_id", "organization_view", "period")
    found = {(*(f[c] for c in name), tuple(f[d] for d in DIMENSIONS[:5])): f for f in figures}
    assert len(found) == len(figures), "a figure stands twice"
    told: dict[tuple[Any, ...], Any] = {}
    for m in MEASURES:
        if m.derived is None:
            told |= brute_force(m, rows)
    rates = {key: figure for key, figure in told.items() if key[0] == "rate"}
    differences = {k: v for m in MEASURES if m.derived is not None for k, v in gaps(m, rates).items()}
    assert found.keys() == told.keys() | differences.keys()
    for key, (numerator, denominator, value, n) in told.items():
        figure = found[key]
        assert (figure["numerator"], figure["denominator"], figure["n"]) == (numerator, denominator, n), key
        assert figure["value"] == (None if value is None else pytest.approx(value, rel=1e-12)), key
    for key, value in differences.items():
        expected = None if value is None else pytest.approx(value, rel=1e-12, abs=1e-12)
        assert found[key]["value"] == expected, key
    assert all((f["value"] is None) == (f["null_reason"] is not None) for f in figures)


def test_the_figures_are_the_same_to_the_last_bit_with_any_number_of_threads(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    days = [date(2024, 7 + month, 1 + month) for month in range(6)]
    names = sorted(ORGANIZATIONS)
    rows = [
        {"organization_id": names[i % len(names)], "student_group": ("all", "female")[i % 2], "grade": "all",
         "federal_program_code": "84.010", "award_id": f"A{i % 3}", "held_on": days[i % 6],
         "tried": 10 + i % 7, "met": i % 10, "days": (i * 37) % 101, "is_additive": True,
         "amount_usd": Decimal((i * 7919) % 1_000_003) / 100, "data_status": "final", "school_year": YEAR}
        for i in range(6_000)
    ]  # fmt: skip
    given_threads = []
    for threads in (1, 2, 4):
        connection.execute(f"SET threads = {threads}")
        given_threads.append(sorted(passed(connection, rows), key=repr))
    assert all(first == second for first, second in pairwise(given_threads))
    assert len(given_threads[0]) > 250


def event(organization: str, **more: Any) -> Row:
    return {
        "organization_id": organization, "student_group": "all", "grade": "all", "is_additive": True,
        "data_status": "final", "school_year": YEAR, "held_on": date(2025, 5, 2), **more,
    }  # fmt: skip


def test_a_count_of_nothing_is_zero_where_there_are_rows_and_absent_where_there_are_none(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    figures = passed(connection, [event("L1", days=1), event("L2", days=9)])
    many = {
        (f["organization_id"], f["federal_program_code"]): (f["value"], f["numerator"], f["n"], f["basis"])
        for f in figures
        if (f["measure_id"], f["period"]) == ("many", "2025-05")
    }
    assert many == {
        ("L1", "none"): (0.0, 0, 0, "published"),
        ("L2", "none"): (1.0, 1, 1, "published"),
        (STATE, "none"): (1.0, 1, 1, "sum_of_leas"),
    }


def test_a_statistic_that_divides_by_nothing_is_null_with_a_reason(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    share = "100.0 * sum(met) FILTER (WHERE days > 5) / sum(tried) FILTER (WHERE days > 5)"
    gap = measure("gap", "statistic", "percentage_points", ("LEA",), value=f"{share} - 10.0 * max(days)")
    rows = [
        event("L1", days=9, met=3, tried=4), event("L1", days=1, met=None, tried=None),
        event("L2", days=1, met=1, tried=2), event("L3", days=9, met=3, tried=0),
    ]  # fmt: skip
    told = {f["organization_id"]: (f["value"], f["null_reason"]) for f in passed(connection, rows, [gap])}
    # 100 * 3 / 4 - 10 * 9; what the filter leaves out is not missed.
    assert told == {
        "L1": (-15.0, None), "L2": (None, "denominator_is_zero"), "L3": (None, "denominator_is_zero"),
    }  # fmt: skip
    hidden = event("L1", days=9, met=None, tried=4, suppression="suppressed_at_source")
    (figure,) = passed(connection, [*rows[:2], hidden], [gap])
    assert (figure["value"], figure["null_reason"]) == (None, "suppressed")
    assert figure["suppression"] == "suppressed_at_source"


def test_the_last_month_stands_for_the_year_and_a_group_larger_than_all_has_no_others(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [
        event("L1", amount_usd=Decimal("10.10"), held_on=date(2024, 9, 1), met=1, tried=2),
        event("L1", amount_usd=Decimal("30.30"), held_on=date(2025, 5, 2), met=0, tried=0),
        event("L1", amount_usd=Decimal("40.40"), held_on=date(2025, 6, 30), met=0, tried=0),
        event("L1", student_group="female", met=1, tried=4),
    ]
    figures = {(f["measure_id"], f["organization_id"], f["period"]): f for f in passed(connection, rows)}
    quarters = {key[2]: f["value"] for key, f in figures.items() if key[:2] == ("most", "L1")}
    assert quarters == {
        "2024-Q3": 10.1, "2025-Q2": pytest.approx(39.39), "annual": pytest.approx(39.39)
    }  # fmt: skip
    others = figures["gap_of_others", "L1", "annual"]
    assert (others["value"], others["null_reason"], others["suppression"]) == (None, "no_input", None)
