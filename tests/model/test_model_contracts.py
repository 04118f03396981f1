"""Contracts: shared fields are written once, keys are never null, references point at something."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.model.codes import read_codes
from warehouse.model.contract import (
    ARROW_TYPES,
    DUCKDB_TYPES,
    Contract,
    load_contracts,
    published_contracts,
)
from warehouse.model.errors import SpmError
from warehouse.model.places import FIELDS as FIELDS_FILE
from warehouse.model.yaml_file import read_yaml

FIELDS = """\
fields:
  - {name: city_id, type: text, description: Id of a city., pattern: '[0-9]{3}'}
  - {name: weather, type: text, description: Sky., nullable: true, null_means: Unknown., codes: [sun, rain]}
"""
CITIES = """\
table: cities
layer: core
title: Cities
grain: one row per city
key: [city_id]
owner: geography
history: none
fields:
  - name: city_id
  - {name: people, type: bigint, description: Inhabitants., minimum: 0}
"""
WEATHER = """\
table: weather_days
layer: core
title: Weather
grain: one row per city and day
key: [city_id, day]
owner: geography
history: none
fields:
  - name: city_id
  - {name: day, type: date, description: Day.}
  - name: weather
references:
  - {columns: [city_id], table: cities, to: [city_id]}
"""


def load(tmp_path: Path, **files: str) -> dict[str, Contract]:
    root = tmp_path / "contracts"
    root.mkdir()
    (tmp_path / "fields.yml").write_text(files.pop("shared", FIELDS), encoding="utf-8")
    for name, text in {"cities": CITIES, "weather_days": WEATHER, **files}.items():
        (root / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_contracts(root, tmp_path / "fields.yml")


def refused(tmp_path: Path, **files: str) -> SpmError:
    with pytest.raises(SpmError) as caught:
        load(tmp_path, **files)
    return caught.value


def test_a_shared_field_is_the_same_wherever_it_is_named(tmp_path: Path) -> None:
    contracts = load(tmp_path)
    assert contracts["cities"].field("city_id") == contracts["weather_days"].field("city_id")
    assert contracts["cities"].field("city_id").pattern == "[0-9]{3}"
    assert contracts["weather_days"].field("weather").codes == ("sun", "rain")


def test_a_table_may_change_single_traits_of_a_shared_field(tmp_path: Path) -> None:
    changed = WEATHER.replace("  - name: weather\n", "  - {name: weather, nullable: false, codes: [fog]}\n")
    field = load(tmp_path, weather_days=changed)["weather_days"].field("weather")
    assert (field.nullable, field.codes, field.type, field.description) == (
        False,
        ("fog",),
        "text",
        "Sky.",
    )


def test_the_arrow_schema_follows_from_the_contract(tmp_path: Path) -> None:
    schema = load(tmp_path)["weather_days"].arrow_schema()
    assert schema.names == ["city_id", "day", "weather"]
    assert schema.field("day").type == pa.date32()
    assert schema.field("weather").nullable
    assert not schema.field("city_id").nullable


def test_a_field_described_nowhere_is_refused_at_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, cities=CITIES + "  - name: mayor\n")
    assert "'mayor' is neither in fields.yml nor described here" in str(error)
    assert error.line == CITIES.count("\n") + 1
    assert "warehouse/fields.yml" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("table: cities, to: [city_id]", "table: towns, to: [city_id]", "references 'towns'"),
        ("table: cities, to: [city_id]", "table: cities, to: [town_id]", "references 'cities'"),
        ("{columns: [city_id], table", "{columns: [town_id], table", "town_id"),
        ("{columns: [city_id], table", "{columns: [city_id, day], table", "weather_days"),
    ],
)
def test_a_reference_to_nothing_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    error = refused(tmp_path, weather_days=WEATHER.replace(old, new))
    assert words in str(error)
    assert "weather_days.yml" in str(error)


@pytest.mark.parametrize(
    ("key", "words"),
    [("[city_id, weather]", "'weather' is nullable"), ("[city_id, hour]", "'hour' is not a field")],
)
def test_a_key_is_made_of_fields_that_are_never_null(tmp_path: Path, key: str, words: str) -> None:
    error = refused(tmp_path, weather_days=WEATHER.replace("key: [city_id, day]", f"key: {key}"))
    assert words in str(error)
    assert error.line == 5


def test_a_field_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "'people' stands twice" in str(
        refused(tmp_path, cities=CITIES + "  - {name: people, type: bigint, description: Again.}\n")
    )


def test_a_table_is_named_as_its_file(tmp_path: Path) -> None:
    error = refused(tmp_path, cities=CITIES.replace("table: cities", "table: towns"))
    assert (error.line, error.remedy) == (1, "Rename to 'cities'")


def test_a_code_list_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    extra = "  - {name: mood, type: text, description: Mood., codes: ['@moods']}\n"
    assert "No code list 'moods'" in str(refused(tmp_path, cities=CITIES + extra))


def test_a_code_list_stands_for_the_first_column_of_its_file(tmp_path: Path) -> None:
    extra = "  - {name: grade, type: text, description: Grade., codes: [none, '@grades']}\n"
    codes = load(tmp_path, cities=CITIES + extra)["cities"].field("grade").codes
    assert codes is not None
    assert codes[0] == "none"
    assert set(read_codes("grades")) == set(codes[1:])
    assert {"all", "kg", "12"} <= set(codes)


def test_every_type_has_a_type_in_the_lake_and_in_the_engine() -> None:
    assert set(ARROW_TYPES) == set(DUCKDB_TYPES)


def test_the_projects_contracts_load_and_every_shared_field_is_used() -> None:
    contracts = load_contracts()
    assert {"organizations", "chronic_absence", "measure_value", "measure_status"} <= set(contracts)
    used = {f.name for contract in contracts.values() for f in contract.fields}
    document, _ = read_yaml(FIELDS_FILE)
    assert [f["name"] for f in document["fields"] if f["name"] not in used] == []


def test_student_records_are_restricted_and_only_they() -> None:
    assert [c.table for c in load_contracts().values() if c.is_restricted] == ["student_attendance"]


def test_a_core_table_published_as_it_stands_lists_its_columns_once() -> None:
    published = published_contracts()
    assert published["organization"].fields == load_contracts()["organizations"].fields
    assert published["organization"].name == "published.organization"
    assert "student_attendance" not in published
