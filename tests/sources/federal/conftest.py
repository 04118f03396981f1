"""Fixtures that read what the agency folders declare, and invented files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from federal_reading import Reading, read_release

from warehouse.model.agency import Agency, ReleaseSettings, load_agency

Reader = Callable[..., Reading]


@pytest.fixture(scope="session")
def agencies(project: Path) -> dict[str, Agency]:
    return {name: load_agency(project / "agencies" / name) for name in ("maine", "california")}


@pytest.fixture(scope="session")
def declared(
    agencies: dict[str, Agency], shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Reader:
    """Read what an agency folder declares for a source and year, each once a session."""
    home = tmp_path_factory.mktemp("federal_home")
    done: dict[tuple[str, str, int], Reading] = {}

    def get(agency: str, source_id: str, school_year: int) -> Reading:
        key = (agency, source_id, school_year)
        if key not in done:
            release = agencies[agency].sources[source_id].for_year(school_year)
            assert release is not None
            done[key] = read_release(source_id, school_year, release, shared_data, home)
        return done[key]

    return get


@pytest.fixture
def read_files(tmp_path: Path) -> Reader:
    """Read invented files of a test's own folder."""

    def get(
        source_id: str, files: object, *, school_year: int = 2014, root: Path = tmp_path, **more: object
    ) -> Reading:
        release = ReleaseSettings(school_years=(school_year,), files=files, **more)  # type: ignore[arg-type]
        return read_release(source_id, school_year, release, root, tmp_path)

    return get
