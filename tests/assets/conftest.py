"""Checks that pass in no time, for tests about what is done with a verdict and not about how it is found."""

from __future__ import annotations

import pytest
from verdicts import Verdicts

import assets.gate


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """Stands in for `run_checks`, which takes seconds to import what it needs."""
    stand_in = Verdicts()
    monkeypatch.setattr(assets.gate, "run_checks", stand_in)
    return stand_in
