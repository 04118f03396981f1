"""The dictionary: a page for each table, measure and source, from their declarations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.core_table import core_tables
from assets.home import Home, open_home
from pipelines.commands import dictionary as command
from pipelines.dictionary import Pages, dictionary, grid
from tests.refreshed import environment
from warehouse.model.contract import published_contracts
from warehouse.model.errors import SpmError


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("dictionary")
    return open_home(environment("franklin", root / "home", root))


@pytest.fixture(scope="module")
def pages(home: Home) -> Pages:
    return dictionary(home)


def test_every_table_measure_and_source_has_a_page_and_stands_in_the_index(home: Home, pages: Pages):
    wanted = {
        *(f"tables/{name}.md" for name in published_contracts(home.contracts)),
        *(f"core/{name}.md" for name in core_tables(home)),
        *(f"measures/{name}.md" for name in home.agency.measures),
        *(f"sources/{name}.md" for name in home.sources),
    }
    assert set(pages) == {*wanted, "index.md"}
    assert wanted == set(re.findall(r"\]\(([^)]+)\)", pages["index.md"]))


def test_links_lead_to_pages(pages: Pages):
    for name, text in pages.items():
        for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
            assert (Path(name).parent / link).as_posix().split("../")[-1] in pages, f"{name}: {link}"


def test_a_measure_tells_formula_settings_columns_of_the_file_plan_and_inputs(pages: Pages):
    page = pages["measures/chronic_absence_rate.md"]
    assert "sum(chronically_absent_students) / sum(eligible_students)" in page
    assert "chronic_absence_percent = 10.0" in page
    assert "raw.sis_attendance__attendance.attendance_status" in page
    assert "Serves in the plan: G1" in page
    assert "2024, SCHOOL: counts" in page


def test_a_source_tells_the_headers_of_its_files(pages: Pages):
    assert "| amount_cents | count | yes | amount_cents |" in pages["sources/state_grants_management.md"]
    assert "../core/reimbursement_requests.md" in pages["sources/state_grants_management.md"]


def test_a_bar_in_a_cell_ends_no_cell():
    assert grid(("a",), [("x|y\nz",)]).splitlines()[-1] == "| x\\|y z |"


def test_a_folder_of_something_else_is_left_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(command, "open_home", lambda: home)
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SpmError, match="holds something else"):
        command.run(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize("index", ["# My notes\n", "# Data dictionary of Franklin\n"])
def test_a_folder_with_an_index_and_files_of_its_own_is_left_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: str
):
    monkeypatch.setattr(command, "open_home", lambda: home)
    (tmp_path / "index.md").write_text(index)
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SpmError, match="holds something else"):
        command.run(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_an_earlier_dictionary_is_replaced(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "open_home", lambda: home)
    monkeypatch.setattr(command, "dictionary", lambda _: {"index.md": "# Data dictionary of F\n"})
    assert command.run(tmp_path / "d") == 0
    (tmp_path / "d" / "tables").mkdir()
    assert command.run(tmp_path / "d") == 0
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["index.md"]
