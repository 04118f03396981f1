"""Organizations over the years: each stretch of the history is made of yearly snapshots, and nothing else."""

from __future__ import annotations

import pytest

# What the history tells of an organization, as the yearly table of organizations tells it.
TOLD = (
    "organization_type", "organization_name", "lea_identifier_nces", "lea_identifier_sea",
    "school_identifier_nces", "school_identifier_sea", "uei", "prior_lea_identifier_sea",
    "prior_school_identifier_sea", "authorizer_lea_id", "reporting_lea_id", "parent_organization_id",
    "merged_into_organization_id", "closed_on", "is_charter", "charter_school_number", "charter_funding_type",
    "operational_status",
)  # fmt: skip


def snapshots(home):
    """By organization, what each year's table says, in the order of years."""
    found = {}
    for organization, year, *told in home.select(
        f"SELECT organization_id, school_year, {', '.join(TOLD)} FROM current_organization ORDER BY 2"
    ):
        found.setdefault(organization, {})[year] = told
    return found


def stretches(years, told):
    """First and last year, number of snapshots and what they say, until it changes or a year lacks it."""
    found = []
    for year in years:
        if year not in told:
            found.append(None)
        elif found and found[-1] is not None and found[-1][3] == told[year]:
            found[-1] = (found[-1][0], year, found[-1][2] + 1, told[year])
        else:
            found.append((year, year, 1, told[year]))
    return [stretch for stretch in found if stretch is not None]


@pytest.mark.parametrize("state", ["california", "connecticut"])
def test_the_history_is_what_the_yearly_snapshots_tell(state, request):
    home = request.getfixturevalue(state)
    by_organization = snapshots(home)
    years = sorted({year for told in by_organization.values() for year in told})
    assert len(years) > 2
    wanted = {}
    for organization, told in by_organization.items():
        for first, last, count, attributes in stretches(years, told):
            ended = None if last == years[-1] else last
            wanted[organization, first] = (ended, last == years[-1], count, *attributes)
    found = {
        (organization, first): (ended, bool(is_current), *rest)
        for organization, first, ended, is_current, *rest in home.select(
            "SELECT organization_id, valid_from_school_year, valid_to_school_year, is_current, "
            f"snapshot_years, {', '.join(TOLD)} FROM current_organization_history WHERE school_year = ?",
            years[-1],
        )
    }
    differing = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
    assert sorted(differing)[:3] == []
    assert any(ended is not None for ended, *_ in found.values()), "nothing ended, so nothing is proved"
    assert any(count > 1 for _, _, count, *_ in found.values())
