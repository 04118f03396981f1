"""A range holds the figure that was published as it, a mark is no figure, and nothing else is either."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.columns import ColumnType
from sources.ranges import KNOWN_MARKS, RATE_MARKERS, Figure, meaning, parse_figure, suspicion
from sources.values import layout, parse_column
from warehouse.model.errors import SpmError

# Every mark of the real files and of what is written about them, and what a source may declare it to mean.
MARKS = {
    "PS": "suppressed", ".": "not_reported", "": "not_reported", "n/a": "no_students", "S": "suppressed",
    "MISSING": "missing", "-": "missing", "*": "suppressed", "**": "suppressed_too", "--": "suppressed",
    "NT": "not_tested", "s": "suppressed", "‡": "reporting_standards_not_met", "—": "not_available",
    "†": "not_applicable", "–": "missing", "-1": "missing", "-2": "not_applicable", "-3": "suppressed",
    "-9": "suppressed", "M": "missing", "N": "not_applicable", "#": "rounds_to_zero", "LNE": "too_few",
    "***": "suppressed", "N/A": "not_applicable", "No Data": "missing", "-5": "small_cell",
    "-11": "suppressed", "NA": "not_applicable", "<10": "suppressed 1-9", "n<10": "suppressed",
    "1-5": "suppressed 1-5", "0": "none",
}  # fmt: skip


def whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+", text):
        raise ValueError("not a whole number")
    return int(text.replace(",", ""))


def percent(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?%?", text) or Decimal(text.strip("%")) > 100:
        raise ValueError("not between 0 and 100 percent")
    return Decimal(text.strip("%"))


def read(text: str, unit: str, markers: dict[str, str] | None = None) -> Figure:
    exact: Callable = whole if unit == "count" else percent
    return parse_figure(text, unit, markers or {}, exact=exact)


def shape(text: str, unit: str) -> tuple[object, ...]:
    found = read(text, unit)
    return (found.kind, found.value, found.low, found.high, found.midpoint)


@pytest.mark.parametrize(
    ("text", "low", "high", "middle"),
    [
        ("GE95", 95, 100, "97.5"), ("GT95", 95, 100, "97.5"), ("LE5", 0, 5, "2.5"), ("LT50", 0, 50, "25"),
        ("GE50", 50, 100, "75"), ("GE99", 99, 100, "99.5"), ("LE1", 0, 1, "0.5"), ("21-39", 21, 39, "30"),
        ("6-9", 6, 9, "7.5"), (">=80%", 80, 100, "90"), ("<50%", 0, 50, "25"), ("<=5%", 0, 5, "2.5"),
        (">95", 95, 100, "97.5"), ("90-94%", 90, 94, "92"), ("≥95%", 95, 100, "97.5"), ("≤5", 0, 5, "2.5"),
        ("<10", 0, 10, "5"), ("0-100", 0, 100, "50"), ("99.5-100", "99.5", 100, "99.75"),
    ],
)  # fmt: skip
def test_a_range_of_percents_has_its_ends_and_its_midpoint(text, low, high, middle):
    assert shape(text, "percent") == ("ranged", None, Decimal(low), Decimal(high), Decimal(middle))


@pytest.mark.parametrize(
    ("text", "low", "high", "middle"),
    [
        ("<10", 0, 9, "4.5"), ("n<10", 0, 9, "4.5"), ("N<=10", 0, 10, "5"), ("1-5", 1, 5, "3"),
        ("LT10", 0, 9, "4.5"), ("LE5", 0, 5, "2.5"), ("1,000-1,999", 1000, 1999, "1499.5"),
        (">95", 96, None, None), ("≥10", 10, None, None),
        ("GE1,000", 1000, None, None),
    ],
)  # fmt: skip
def test_a_range_of_counts_is_of_whole_students_and_may_be_open(text, low, high, middle):
    top, half = (None if x is None else Decimal(x) for x in (high, middle))
    assert shape(text, "count") == ("ranged", None, Decimal(low), top, half)


def test_the_same_text_says_another_thing_of_a_rate_than_of_a_count():
    assert read("n<10", "count").high == 9
    assert read("n<10", "percent") == Figure("suppressed", marker="suppressed")
    assert read("<10", "count").high == 9 and read("<10", "percent").high == 10
    assert read("93%", "percent").value == 93
    with pytest.raises(ValueError, match="neither a range"):
        read("93%", "count")


def test_the_same_mark_means_what_each_source_declares():
    for said in ("suppressed", "missing"):
        assert read("-", "count", {"-": said}).marker == said
    assert read("-1", "count", {"-1": "missing"}) == Figure("not_reported", marker="missing")
    hidden = read("*", "count", {"*": "suppressed 1-5"})
    assert (hidden.kind, hidden.value, hidden.low, hidden.high, hidden.midpoint) == (
        "suppressed",
        None,
        1,
        5,
        3,
    )
    assert hidden.is_range
    assert read("s", "percent", {"s": "suppressed GE95"}).low == 95


@pytest.mark.parametrize("unit", ["count", "percent"])
@pytest.mark.parametrize("text", sorted(MARKS))
def test_no_mark_becomes_a_number(unit, text):
    found = read(text, unit, MARKS)
    assert found.value is None
    assert found.kind in ("suppressed", "not_reported")
    assert found.marker == meaning(MARKS[text]).reason
    for kind in (ColumnType("ranged", unit), ColumnType(unit), ColumnType("rate")):
        parsed = parse_column(_column(text), kind, markers=MARKS, is_required=True)
        assert not parsed.errors
        assert parsed.columns[""].to_pylist() == [None]
        assert parsed.columns["_marker"].to_pylist() == [meaning(MARKS[text]).reason]


@pytest.mark.parametrize("text", sorted(set(MARKS) - set(RATE_MARKERS) - {"<10", "n<10", "1-5", "0", "**"}))
def test_a_mark_that_no_source_declares_is_refused_with_what_it_may_be(text):
    for kind in (ColumnType("ranged", "count"), ColumnType("rate"), ColumnType("count")):
        parsed = parse_column(_column(text), kind, markers={}, is_required=False)
        assert "declare it in markers" in parsed.errors[0], kind
    assert text in KNOWN_MARKS


def test_a_range_that_a_spreadsheet_made_a_date_is_suspected():
    for text in ("9-Jun", "14-Oct", "Jun-09"):
        parsed = parse_column(_column(text), ColumnType("rate"), markers={}, is_required=False)
        assert "a spreadsheet may have made a date of a range" in parsed.errors[0]
    assert suspicion("Tuesday") is None


@pytest.mark.parametrize(
    "text",
    [
        "39-21", "-5-5", "5--9", "GE", "GE 95", "95GE", "<", "<-5", "1-5-9", "ge95", "%", "1e2", "<1e2", "≥",
        "21 - 39", "21–39", "0x10", "nan", "inf", "٣-٩", "1_0", "+5", "21-39%%", "n", "n<", "<0,5",
    ],
)  # fmt: skip
@pytest.mark.parametrize("unit", ["count", "percent"])
def test_nothing_else_is_a_range(unit, text):
    with pytest.raises(ValueError):
        read(text, unit)


@pytest.mark.parametrize("text", ["GE101", "101-102", "GE9999", "<100.5", "LT1,000"])
def test_no_rate_is_above_a_hundred_percent(text):
    with pytest.raises(ValueError):
        read(text, "percent")


# ---- what agencies do to a figure before they print it


def as_ed_prints(students: int, rate: int) -> str:
    """A rate as ED blurs it by the number of students behind it; the rules are those of its documentation."""
    if students <= 5:
        return "PS"
    if students <= 15:
        return "LT50" if rate < 50 else "GE50"
    if students > 300:
        return "GE99" if rate >= 99 else "LE1" if rate <= 1 else str(rate)
    step, edge = (20, 20) if students <= 30 else (10, 10) if students <= 60 else (5, 5)
    if rate <= edge:
        return f"LE{edge}"
    if rate >= 100 - edge:
        return f"GE{100 - edge}"
    low = rate // step * step
    first = {20: 21, 10: 11, 5: 6}[step] if low == edge else low
    return f"{first}-{low + step - 1}"


@given(st.integers(1, 2000), st.integers(0, 100))
def test_what_ed_prints_of_a_rate_holds_the_rate(students, rate):
    found = read(as_ed_prints(students, rate), "percent", RATE_MARKERS)
    if students <= 5:
        assert found == Figure("suppressed", marker="suppressed")
    elif found.kind == "exact":
        assert found.value == rate
    else:
        assert found.low <= rate <= found.high
        assert found.low <= found.midpoint <= found.high


texts = st.one_of(
    st.sampled_from(sorted(MARKS)),
    st.from_regex(r"(GE|GT|LE|LT|[<>]=?|[≥≤nN])?[0-9,.]{0,8}-?[0-9,.]{0,8}%?", fullmatch=True),
    st.text(max_size=8),
)


@given(texts, st.sampled_from(["count", "percent"]), st.booleans())
def test_whatever_parses_is_exact_or_bounded_in_order_or_a_mark(text, unit, with_marks):
    try:
        found = read(text, unit, MARKS if with_marks else {})
    except ValueError as problem:
        assert len(text) < 4 or text not in str(problem)
        return
    if found.kind == "exact":
        assert found.value >= 0 and not found.is_range and found.midpoint is None and found.marker is None
        return
    assert found.value is None
    assert (found.marker is not None) == (found.kind != "ranged")
    if found.is_range:
        assert found.low >= 0
        if found.high is not None:
            assert found.low <= found.midpoint <= found.high


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_the_ends_of_any_range_of_counts_come_into_their_columns(first, second):
    low, high = sorted((first, second))
    parsed = parse_column(
        _column(f"{low}-{high}"), ColumnType("ranged", "count"), markers={}, is_required=True
    )
    got = {suffix: array.to_pylist()[0] for suffix, array in parsed.columns.items()}
    assert got == {
        "": None, "_low": low, "_high": high, "_midpoint": Decimal(low + high) / 2, "_is_range": True,
        "_kind": "ranged", "_marker": None,
    }  # fmt: skip


@given(
    st.lists(texts, max_size=20), st.sampled_from([("ranged", "count"), ("ranged", "percent"), ("rate", "")])
)
def test_any_column_of_figures_is_read_or_refused_cell_by_cell(cells, kind):
    parsed = parse_column(_column(*cells), ColumnType(*kind), markers=MARKS, is_required=True)
    assert {s: a.type for s, a in parsed.columns.items()} == layout(ColumnType(*kind), has_markers=True)
    kinds = parsed.columns["_kind"].to_pylist()
    assert [i for i, kind in enumerate(kinds) if kind is None] == sorted(parsed.errors)


@pytest.mark.parametrize(
    "text", ["Suppressed", "suppressed 5", "suppressed 5-1", "", "two words x", "suppressed  1-5"]
)
def test_a_meaning_that_says_nothing_is_refused(text):
    with pytest.raises(ValueError):
        meaning(text)


def _column(*texts: str):
    import pyarrow as pa

    return pa.chunked_array([pa.array(texts, pa.string())])


@pytest.mark.parametrize("said", ["Suppressed", "suppressed 5-1", "'two words'"])
def test_a_source_whose_mark_means_nothing_is_refused_when_it_is_found(bench, said):
    bench.table = f'markers: {{"*": {said}}}'
    with pytest.raises(SpmError, match=r"the mark '\*'") as caught:
        bench.source()
    assert caught.value.line
