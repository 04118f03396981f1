"""What a release tells besides its figures."""

from __future__ import annotations

from pathlib import Path

from assets.evidence import corrections
from assets.raw import refresh_raw
from pipelines.sources_report import account_of
from tests.small_state import OAK, littleland

CORRECTION = f"""\
corrections:
  - table: rows
    where: {{School: "{OAK}", Group: All}}
    column: Absent
    expects: "10"
    becomes: "11"
    why: Entered for another school; confirmed by the district
    who: data team
    reported_on: 2024-09-01
    school_years: [2024]
"""


def test_a_corrected_cell_is_told_with_its_reason_and_never_with_its_value(tmp_path: Path) -> None:
    home = littleland(tmp_path, sources={"little_absence": {"corrections.yml": CORRECTION}})
    refresh_raw(home, "little_absence", 2024)
    (told,) = corrections(home)
    assert (told["source_id"], told["table_name"], told["school_year"]) == ("little_absence", "rows", 2024)
    assert (told["file"], told["line"], told["column_name"]) == ("absence_2024.csv", 2, "Absent")
    assert told["reason"].startswith("Entered for another school")
    assert not {"10", "11"} & {str(value) for value in told.values()}
    assert account_of(home, "little_absence")["corrections"] == [told]


def test_a_year_without_corrections_has_none(tmp_path: Path) -> None:
    home = littleland(tmp_path, sources={"little_absence": {"corrections.yml": CORRECTION}})
    refresh_raw(home, "little_absence", 2023)
    assert list(corrections(home)) == []
