"""Real directory bodies, of a state's public directory, read through the layouts of FS029."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from edfacts_rendering import file_name, read_bytes, submissions

from sources.readers.remarks import refused_rows


@pytest.mark.parametrize(
    ("file", "table", "level", "records"),
    [("ncleadirectory.tab", "districts", "LEA", 360), ("ncschdirectory.tab", "schools", "SCH", 2758)],
)
def test_every_record_of_the_real_bodies_is_read(
    shared_data: Path, tmp_path: Path, file: str, table: str, level: str, records: int
) -> None:
    source = submissions()["edfacts_fs029_directory"]
    body = (shared_data / "ceds_generate" / file).read_bytes()
    lines = [line for line in body.decode("utf-8").split("\n") if line]
    assert len(lines) == records
    # The bodies come without header record; an invented one promises what there is.
    name = file_name(source, table, level, "tab")
    words = {"LEA": "LEA DIRECTORY INFO", "SCH": "SCHOOL DIRECTORY INFO"}[level]
    header = "\t".join((words, str(records), name, "TEST", "2023-2024")) + "\n"
    cells = read_bytes(source, table, header.encode() + body, tmp_path, name)
    assert cells.num_rows == records and refused_rows(cells) == []
    assert cells["StateLEAIDNumber"].to_pylist() == [line.split("\t")[3] for line in lines]
    assert "00A" in cells["StateLEAIDNumber"].to_pylist()
    assert cells["NCESLEAIDNumber"].to_pylist() == [line.split("\t")[4] for line in lines]
    column, place = {
        "LEA": ("ChrtSchoolLEAStatusID", 30), "SCH": ("CharterSchoolStatus", 29)
    }[level]  # fmt: skip
    assert Counter(cells[column].to_pylist()) == Counter(line.split("\t")[place] for line in lines)
    assert cells["MailingZipcode"].to_pylist()[0] == "27713"


def test_a_real_body_of_schools_is_not_read_as_districts(shared_data: Path, tmp_path: Path) -> None:
    source = submissions()["edfacts_fs029_directory"]
    body = (shared_data / "ceds_generate" / "ncschdirectory.tab").read_bytes()
    name = file_name(source, "districts", "LEA", "tab")
    header = "\t".join(("LEA DIRECTORY INFO", "2758", name, "TEST", "2023-2024")) + "\n"
    with pytest.raises(Exception, match="fields in a record whose layout has 33"):
        read_bytes(source, "districts", header.encode() + body, tmp_path, name)
