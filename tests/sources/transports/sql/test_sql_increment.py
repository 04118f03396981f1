"""A table read in parts gives what the whole table gives, or is read whole."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sql_systems import AMOUNTS, IN_PARTS, System, amounts

AMOUNTS_OF = "CREATE TABLE amounts (id INTEGER PRIMARY KEY, amount INTEGER, changed_at {}, gone {})"
SCHEMA = {
    "sqlite": AMOUNTS_OF.format("TEXT", "TEXT"),
    "postgresql": AMOUNTS_OF.format("TIMESTAMP", "BOOLEAN"),
}


@pytest.fixture
def parts(system: System) -> System:
    """Five amounts of 1 to 5 September, read once."""
    system.incremental = IN_PARTS
    system.run(SCHEMA[system.kind])
    for n in range(1, 6):
        put(system, n, 100 * n, f"2025-09-0{n} 08:00:00")
    assert system.how() == "whole"
    return system


def put(system: System, number: int, amount: int, changed_at: str) -> None:
    system.run(
        f"INSERT INTO amounts VALUES ({number}, {amount}, '{changed_at}', NULL) "
        f"ON CONFLICT (id) DO UPDATE SET amount = {amount}, changed_at = '{changed_at}'"
    )


def whole(system: System) -> dict[str, str]:
    """What the table holds, asked by somebody else."""
    with system.writer() as writer:
        found = writer.execute(sa.text("SELECT id, amount FROM amounts")).all()
    return {str(number): str(amount) for number, amount in found}


def test_nothing_new_is_nothing_read_again(parts: System):
    before = parts.fetch().snapshots
    assert parts.how() == "held"
    assert parts.fetch().snapshots == before


def test_new_rows_join_what_is_held(parts: System):
    put(parts, 6, 600, "2025-09-06 08:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts) and len(whole(parts)) == 6


def test_a_row_changed_long_ago_and_again_now_is_replaced(parts: System):
    put(parts, 1, 111, "2025-09-06 08:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts) and whole(parts)["1"] == "111"


def test_a_row_changed_inside_the_overlap_is_replaced(parts: System):
    put(parts, 4, 444, "2025-09-04 09:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts)


def test_rows_of_the_very_time_of_the_mark_are_not_lost(parts: System):
    parts.incremental = IN_PARTS.replace("2 days", '"0"')
    assert parts.how() == "whole"  # another way to part it
    put(parts, 6, 600, "2025-09-05 08:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts) and len(whole(parts)) == 6


def test_a_late_row_within_the_overlap_joins(parts: System):
    put(parts, 6, 600, "2025-09-03 12:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts)


def test_a_late_row_before_the_overlap_is_noticed_by_its_count(parts: System):
    put(parts, 6, 600, "2025-09-01 12:00:00")
    assert parts.how() == "whole"
    assert amounts(parts) == whole(parts) and len(whole(parts)) == 6


def test_a_deleted_row_is_noticed_by_its_count(parts: System):
    parts.run("DELETE FROM amounts WHERE id = 1")
    assert parts.how() == "whole"
    assert amounts(parts) == whole(parts) and "1" not in whole(parts)


def test_a_row_deleted_inside_the_overlap_is_gone(parts: System):
    parts.run("DELETE FROM amounts WHERE id = 5")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts) and "5" not in whole(parts)


def test_a_row_set_back_in_time_is_read_once(parts: System):
    put(parts, 5, 555, "2025-09-01 08:00:00")
    assert parts.how() == "whole"
    assert amounts(parts) == whole(parts) and whole(parts)["5"] == "555"


def test_a_change_that_moves_no_cursor_shows_when_all_is_read(parts: System):
    parts.run("UPDATE amounts SET amount = 111 WHERE id = 1")
    assert parts.how() == "held"  # the documented limit of reading in parts
    parts.today += timedelta(days=7)
    assert parts.how() == "whole"
    assert amounts(parts) == whole(parts) and whole(parts)["1"] == "111"


def test_a_delete_and_a_late_row_that_even_out_show_when_all_is_read(parts: System):
    parts.run("DELETE FROM amounts WHERE id = 1")
    put(parts, 6, 600, "2025-09-01 12:00:00")
    assert parts.how() == "held"
    parts.today += timedelta(days=7)
    assert parts.how() == "whole"
    assert amounts(parts) == whole(parts)


def test_a_tombstone_takes_its_row_out(parts: System):
    parts.tables = {"amounts": AMOUNTS.replace("changed_at", "changed_at, gone")}
    parts.incremental = IN_PARTS.replace("}", ", deleted: gone}")
    assert parts.how() == "whole"
    parts.run("UPDATE amounts SET gone = '1', changed_at = '2025-09-06 08:00:00' WHERE id = 2")
    assert parts.how() == "part"
    assert sorted(amounts(parts)) == ["1", "3", "4", "5"]
    assert parts.how() == "held"
    # Read whole, the same: a tombstone is no row.
    parts.today += timedelta(days=7)
    parts.how()
    assert sorted(amounts(parts)) == ["1", "3", "4", "5"]


def test_a_row_stamped_in_the_future_does_not_hide_those_after_it(parts: System):
    put(parts, 6, 600, "2099-01-01 00:00:00")
    assert parts.how() == "part"
    with parts.writer() as writer:
        now = str(writer.execute(sa.text("SELECT CURRENT_TIMESTAMP")).scalar())[:19]
    put(parts, 7, 700, now)
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts) and len(whole(parts)) == 7


def test_a_clock_that_lags_by_less_than_the_overlap_loses_nothing(parts: System):
    put(parts, 6, 600, "2025-09-08 08:00:00")
    assert parts.how() == "part"
    put(parts, 7, 700, "2025-09-06 09:00:00")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts)


def test_a_row_without_cursor_comes_each_time(parts: System):
    parts.run("INSERT INTO amounts VALUES (6, 600, NULL, NULL)")
    assert parts.how() == "part"
    parts.run("UPDATE amounts SET amount = 601 WHERE id = 6")
    assert parts.how() == "part"
    assert amounts(parts) == whole(parts)


def test_another_query_is_read_whole(parts: System):
    parts.tables = {"amounts": AMOUNTS + " WHERE id > 1"}
    assert parts.how() == "whole"
    assert sorted(amounts(parts)) == ["2", "3", "4", "5"]


def test_a_new_column_of_the_table_is_read_whole(parts: System):
    parts.tables = {"amounts": "SELECT * FROM amounts"}
    assert parts.how() == "whole"
    parts.run("ALTER TABLE amounts ADD COLUMN note TEXT DEFAULT 'x'")
    assert parts.how() == "whole"
    assert {row["note"] for row in parts.take()["amounts"]} == {"x"}


def test_a_part_that_was_refused_is_asked_for_again(parts: System):
    put(parts, 6, 600, "2025-09-30 08:00:00")
    assert parts.fetch().outcome == "new"  # and not accepted: the reader refused it, say
    put(parts, 7, 700, "2025-09-30 08:00:00")
    assert amounts(parts) == whole(parts) and len(whole(parts)) == 7


def test_a_held_file_that_was_damaged_is_read_whole(parts: System):
    held = parts.fetch().snapshots[0].path
    held.write_bytes(held.read_bytes()[:-10])
    fetch = parts.fetch()
    assert fetch.error is None and fetch.snapshots[0].detail["read"] == "whole"


def test_a_table_that_was_empty_fills(system: System):
    system.incremental = IN_PARTS
    system.run(SCHEMA[system.kind])
    assert system.take()["amounts"] == []
    put(system, 1, 100, "2025-09-01 08:00:00")
    assert amounts(system) == {"1": "100"}


def test_numbers_part_a_table_of_entries_that_are_only_added(system: System):
    system.incremental = '{key: [id], cursor: id, overlap: "10"}'
    system.run(SCHEMA[system.kind])
    for n in range(1, 31):
        put(system, n, n, "2025-09-01 08:00:00")
    assert system.how() == "whole"
    put(system, 31, 31, "2025-09-01 08:00:00")
    put(system, 25, 2500, "2025-09-01 08:00:00")
    assert system.how() == "part"
    assert amounts(system) == whole(system)


def test_decimal_marks_keep_their_last_digit(postgresql: System):
    postgresql.incremental = '{key: [id], cursor: stamp, overlap: "0"}'
    postgresql.tables = {"amounts": "SELECT id, amount, stamp FROM stamped"}
    postgresql.run(
        "CREATE TABLE stamped (id INTEGER, amount INTEGER, stamp NUMERIC)",
        "INSERT INTO stamped VALUES (1, 1, 20250930120000.000001)",
    )
    assert postgresql.how() == "whole"
    postgresql.run("INSERT INTO stamped VALUES (2, 2, 20250930120000.000002)")
    assert postgresql.how() == "part"
    assert amounts(postgresql) == {"1": "1", "2": "2"}


def test_times_with_zone_are_compared_in_utc(postgresql: System):
    postgresql.incremental = IN_PARTS
    postgresql.run(AMOUNTS_OF.format("TIMESTAMPTZ", "BOOLEAN"))
    put(postgresql, 1, 1, "2025-09-01 20:00:00-05")
    put(postgresql, 2, 2, "2025-09-05 20:00:00-05")
    assert postgresql.how() == "whole"
    put(postgresql, 3, 3, "2025-09-06 00:00:00+02")
    assert postgresql.how() == "part"
    assert amounts(postgresql) == whole(postgresql)


def test_days_are_marks_too(system: System):
    kind = "DATE" if system.kind == "postgresql" else "TEXT"
    system.incremental = IN_PARTS
    system.run(AMOUNTS_OF.format(kind, "TEXT"))
    for day in (1, 4, 5):
        put(system, day, day, f"2025-09-0{day}")
    assert system.how() == "whole"
    put(system, 6, 6, "2025-09-03")
    assert system.how() == "part"
    assert amounts(system) == whole(system)


@pytest.mark.parametrize("cursor, overlap", [("id", "2 days"), ("changed_at", "'7'")])
def test_an_overlap_of_another_kind_is_refused(parts: System, cursor: str, overlap: str):
    parts.incremental = f"{{key: [id], cursor: {cursor}, overlap: {overlap}}}"
    parts.how()
    error = parts.fetch().error
    assert error is not None and error.column == "incremental.overlap"


def test_a_cursor_that_the_query_lacks_is_named(parts: System):
    parts.incremental = "{key: [id], cursor: touched_at}"
    error = parts.fetch().error
    assert error is not None and error.column == "touched_at" and "changed_at" in error.remedy


def test_a_mark_is_not_counted_in_days_that_the_clock_has_not_reached(parts: System):
    parts.today = date(2025, 9, 1)  # before the day of the whole read: somebody set the clock back
    assert parts.how() == "whole"


def test_the_same_rows_are_the_same_bytes_whole_or_in_parts(parts: System):
    put(parts, 6, 600, "2025-09-06 08:00:00")
    put(parts, 1, 111, "2025-09-06 08:00:00")
    assert parts.how() == "part"
    in_parts = parts.fetch().snapshots[0].sha256
    parts.today += timedelta(days=7)
    assert parts.how() == "whole"
    assert parts.fetch().snapshots[0].sha256 == in_parts
