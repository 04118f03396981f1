"""The agency folder: reviewed decisions in its crosswalk, and a plan that asks only for what sources give."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from sources.registry import discover
from warehouse.model.plan import placed_measures


@pytest.fixture(scope="module")
def lines(crosswalk):
    with crosswalk.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def nces_names(shared_data):
    """Names of Connecticut's LEAs by NCES id, as the federal files print them."""
    names: dict[str, set[str]] = {}
    for file in sorted((shared_data / "edfacts_acgr").glob("*.csv")):
        schools = pd.read_csv(file, dtype=str, usecols=["FIPST", "LEAID", "LEANM"])
        for _, lea, name in schools[schools.FIPST == "09"].itertuples(index=False):
            names.setdefault(lea, set()).add(name.upper().strip())
    for file in sorted((shared_data / "saipe").glob("*.xls")):
        districts = pd.read_excel(file, header=2, dtype=str, engine="calamine")
        for district, name in districts[districts["State FIPS Code"] == "09"][["District ID", "Name"]].values:
            names.setdefault(f"09{district}", set()).add(name.upper().strip())
    return names


def test_a_line_is_reviewed_and_has_an_nces_id_or_neither(lines):
    for line in lines:
        assert line["status"] in ("reviewed", "proposed", "none")
        assert (line["status"] == "reviewed") == bool(line["lea_identifier_nces"])
        assert line["note"], line["lea_identifier_sea"]


def test_no_id_and_no_name_stands_for_two_districts(lines):
    for column in ("lea_identifier_sea", "lea_identifier_nces"):
        given = [line[column] for line in lines if line[column]]
        assert len(given) == len(set(given)), column
    names = [line[c] for line in lines for c in ("lea_name", "other_name") if line[c]]
    assert len(names) == len(set(names))


def test_a_reviewed_id_belongs_to_an_lea_of_that_name_in_the_federal_files(lines, nces_names):
    reviewed = [line for line in lines if line["status"] == "reviewed"]
    assert len(reviewed) == 180 and len(lines) == 203
    by_note = []
    for line in reviewed:
        theirs, ours = nces_names[line["lea_identifier_nces"]], line["lea_name"].upper()
        if ours not in theirs:
            by_note.append(line["lea_identifier_sea"])
            # A federal name may be cut off, or leave out the last word or two; it always begins as ours does.
            assert any(ours.startswith(name) for name in theirs), line
            assert not line["note"].startswith("Name equal")
    assert len(by_note) == 9


def test_no_lea_of_the_federal_files_is_left_without_its_district(lines, nces_names):
    assert set(nces_names) == {line["lea_identifier_nces"] for line in lines if line["lea_identifier_nces"]}


def test_every_source_of_the_agency_exists(connecticut):
    assert set(connecticut.sources) <= set(discover())


def test_every_measure_of_the_plan_has_a_source_of_its_grain(connecticut):
    spec = {name: discover()[name].spec for name in connecticut.sources}
    grains = {"CT": "SEA"}
    for placed in placed_measures(connecticut.plan):
        measure = connecticut.measures[placed.item.measure]
        scope = placed.item.scope
        grain = grains[scope.organization] if scope.organization else str(scope.organization_type)
        table = measure.core_table
        given = {g for s in spec.values() for p in s.provides if p.core_table == table for g in p.grains}
        rolled = (
            measure.roll_up is not None
            and grain in measure.roll_up.to
            and not given.isdisjoint(measure.roll_up.sources)
        )
        assert grain in given or rolled, placed.plan_measure_id
        assert grain in measure.grains


def test_only_the_first_year_of_the_new_test_is_set_apart(connecticut):
    assert [(c.measures, c.school_years, c.kind) for c in connecticut.conditions] == [
        (("ela_proficiency_rate", "ela_proficiency_gap", "math_proficiency_rate"), (2015,), "changed_test")
    ]
    assert connecticut.waivers == ()
