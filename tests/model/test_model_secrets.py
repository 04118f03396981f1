"""Secrets are named in sources.yml, never written there; what was written by mistake is not repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small_state import AGENCY, littleland
from warehouse.model.errors import SpmError

LINE = "- {school_years: [2024], files: [absence_2024.csv]}"


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    given = LINE.replace("}", ", secrets: {password: hunter2-Pa55}}")
    with pytest.raises(SpmError) as caught:
        littleland(tmp_path, agency={"sources.yml": AGENCY["sources.yml"].replace(LINE, given)})
    assert "never written" in str(caught.value) and caught.value.line == 8
    assert "hunter2" not in str(caught.value) and "hunter2" not in repr(vars(caught.value))


def test_the_name_of_a_variable_is_taken(tmp_path: Path) -> None:
    given = LINE.replace("}", ", secrets: {password: LITTLE_PASSWORD}}")
    home = littleland(tmp_path, agency={"sources.yml": AGENCY["sources.yml"].replace(LINE, given)})
    release = home.agency.sources["little_absence"].for_year(2024)
    assert release is not None and release.secrets == {"password": "LITTLE_PASSWORD"}
