"""A mistake in a YAML file becomes one sentence with file, line and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from warehouse.model.errors import SpmError
from warehouse.model.yaml_file import Located, StrictModel, load_model


class Desk(StrictModel):
    desk_id: str
    height_cm: int


class Office(StrictModel):
    name: str
    opened_on: date | None = None
    desks: tuple[Desk, ...] = ()


def load(tmp_path: Path, text: str | bytes) -> Located[Office]:
    path = tmp_path / "office.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return load_model(path, Office)


def refused(tmp_path: Path, text: str | bytes) -> SpmError:
    with pytest.raises(SpmError) as caught:
        load(tmp_path, text)
    assert caught.value.file == str(tmp_path / "office.yml")
    assert str(caught.value).endswith(f"{caught.value.remedy}.")
    return caught.value


def test_every_value_of_a_good_file_knows_its_line(tmp_path: Path) -> None:
    first = "# an office\nname: Franklin\ndesks:\n  - desk_id: '007'\n    height_cm: 72\n"
    office = load(tmp_path, first + "  - {desk_id: '8', height_cm: 70}\n")
    assert office.value.desks[0].desk_id == "007"
    assert office.line("name") == 2
    assert office.line("desks", 0, "height_cm") == 5
    assert office.line("desks", 1, "height_cm") == 6


def test_a_place_without_a_line_has_the_line_of_its_nearest_parent(tmp_path: Path) -> None:
    office = load(tmp_path, "name: Franklin\ndesks:\n  - {desk_id: '8', height_cm: 70}\n")
    assert office.line("desks", 0, "lamp") == 3
    assert office.line("nowhere") == 1


def test_a_loaded_model_cannot_be_changed(tmp_path: Path) -> None:
    office = load(tmp_path, "name: Franklin\ndesks: [{desk_id: '8', height_cm: 70}]\n").value
    with pytest.raises(Exception, match="frozen"):
        office.desks[0].height_cm = 71  # type: ignore[misc]
    assert isinstance(office.desks, tuple)


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    error = refused(
        tmp_path, "name: Franklin\ndesks:\n  - desk_id: '1'\n    hieght_cm: 72\n    height_cm: 70\n"
    )
    assert "Unknown key 'hieght_cm'" in str(error)
    assert error.line == 4
    assert "Did you mean 'height_cm'?" in error.remedy


def test_an_unknown_key_like_no_other_is_to_be_removed(tmp_path: Path) -> None:
    error = refused(tmp_path, "name: Franklin\nzzz: 1\n")
    assert (error.line, error.column, error.remedy) == (2, "zzz", "Remove it or correct it")


def test_a_missing_key_is_named_at_the_place_it_is_missing_from(tmp_path: Path) -> None:
    error = refused(tmp_path, "name: Franklin\ndesks:\n  - height_cm: 70\n")
    assert "Required key 'desk_id' is missing" in str(error)
    assert (error.line, error.remedy) == (3, "Add 'desk_id'")


def test_several_mistakes_are_told_one_at_a_time_with_their_number(tmp_path: Path) -> None:
    error = refused(tmp_path, "desks:\n  - {height_cm: 70}\nzzz: 1\n")
    assert "(2 more after it)" in str(error)


@pytest.mark.parametrize("unquoted", ["007", "6", "0603360", "1.5", "true", "2024-01-01"])
def test_an_unquoted_id_is_refused_so_that_no_zero_is_lost(tmp_path: Path, unquoted: str) -> None:
    error = refused(tmp_path, f"name: Franklin\ndesks:\n  - desk_id: {unquoted}\n    height_cm: 70\n")
    assert error.line == 3
    assert "'desk_id' must be text in quotes" in str(error)
    assert "leading zeros" in error.remedy


def test_a_number_in_quotes_is_not_a_number(tmp_path: Path) -> None:
    error = refused(tmp_path, "name: Franklin\ndesks: [{desk_id: '1', height_cm: '70'}]\n")
    assert (error.line, error.column) == (2, "desks.0.height_cm")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: Franklin\nname: Lincoln\n", 2),
        ("name: Franklin\ndesks:\n  - desk_id: '1'\n    height_cm: 70\n    desk_id: '1'\n", 5),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_its_second_line(tmp_path: Path, text: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert "stands twice" in str(error)
    assert error.line == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: Franklin\n  desks: x\n", 2),
        ("name: 'Franklin\n", 2),
        ("name: [Franklin\n", 2),
        ("name: Franklin\n\tdesks: []\n", 2),
        ("name: !!python/object:os.system x\n", 1),
        ("name: a\n---\nname: b\n", 2),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert "Not valid YAML" in str(error)
    assert error.line == line


@pytest.mark.parametrize("day", ["2024-02-30", "2024-13-01"])
def test_a_day_that_does_not_exist_is_refused_with_its_line(tmp_path: Path, day: str) -> None:
    error = refused(tmp_path, f"name: Franklin\nopened_on: {day}\n")
    assert error.line == 2


def test_a_key_that_is_no_word_is_refused_with_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "name: Franklin\n{a: b}: c\n").line == 2


def test_an_alias_to_what_contains_it_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "name: Franklin\ndesks: &all [*all]\n").line == 2


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    assert "Not valid YAML" in str(refused(tmp_path, b"name: Fran\x07klin\n"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, text)
    assert "the file" in str(error)
    assert error.line == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="File not found") as caught:
        load_model(tmp_path / "none.yml", Office)
    assert "none.yml" in str(caught.value)
    assert "correct the path" in caught.value.remedy


def test_a_file_that_may_declare_nothing_is_told_how(tmp_path: Path) -> None:
    with pytest.raises(SpmError) as caught:
        load_model(tmp_path / "none.yml", Office, empty="desks: []")
    assert caught.value.remedy == 'Create it with the line "desks: []"'


def test_keys_missing_from_one_place_are_named_together_and_others_counted(tmp_path: Path) -> None:
    error = refused(tmp_path, "desks:\n  - {}\n")
    assert "Required key 'name' is missing (2 more after it)" in str(error)
    error = refused(tmp_path, "name: Franklin\ndesks:\n  - {}\n")
    assert "Required keys 'desk_id', 'height_cm' are missing" in str(error)
    assert "more after it" not in str(error)
    assert (error.line, error.remedy) == (3, "Add 'desk_id', 'height_cm'")


def test_a_misspelt_key_is_told_before_the_key_that_is_missing_because_of_it(tmp_path: Path) -> None:
    error = refused(tmp_path, "nmae: Franklin\ndesks: []\n")
    assert "Unknown key 'nmae' (1 more after it)" in str(error)
    assert (error.line, error.remedy) == (1, "Did you mean 'name'? Otherwise remove it")


def test_a_file_in_another_encoding_is_refused_at_the_byte(tmp_path: Path) -> None:
    assert "Not UTF-8 text (byte 6)" in str(refused(tmp_path, "name: Ñandú\n".encode("latin-1")))


def test_an_error_reads_as_one_paragraph_with_its_place() -> None:
    error = SpmError("It broke.", remedy="Mend it.", file="a.csv", line=3, column="count", value="1,O23")
    assert str(error) == "It broke (a.csv, line 3, column count, value '1,O23'). Mend it."
    assert str(SpmError("It broke", remedy="Mend it")) == "It broke. Mend it."
