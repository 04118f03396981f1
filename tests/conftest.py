"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import hypothesis
import pytest

# Set before Dagster or Great Expectations is imported by any test: nothing is sent anywhere.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

# Python looks for unreachable cycles after every 700 new objects, and each whole search walks through all of
# Dagster and Great Expectations: a twentieth of the run. A search after 50,000 finds the same.
gc.set_threshold(50_000, 20, 20)

# In CI the same examples every time, so that a change is judged by itself; elsewhere new ones are looked for.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

PROJECT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public files; tests that need them skip when it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real public files of ../shared/data are not on this machine")
    return SHARED_DATA
