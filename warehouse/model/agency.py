"""Everything that is one state's decision: the agency folder, read whole and checked together.

Put here: the shapes of agency.yml, sources.yml, conditions.yml and waivers.yml, and how the folder is read.
Not here: the plan's own rules (`plan`), whether a source exists (`sources.registry`), any run-time state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from warehouse.model.errors import SpmError
from warehouse.model.measure import Measure, load_measures
from warehouse.model.plan import Plan
from warehouse.model.plans import load_nested_plans, load_own_plan, load_plan_versions
from warehouse.model.yaml_file import Located, StrictModel, load_model

DataStatus = Literal["preliminary", "final", "revised"]
# Which edition of a year counts: the later word of the publisher.
EDITIONS: tuple[DataStatus, ...] = ("revised", "final", "preliminary")
# A day that every year has: no leap day.
_DAY = r"^((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class Thresholds(StrictModel):
    """Rules that are settings, with the federal default."""

    chronic_absence_percent: float = Field(default=10.0, gt=0, le=100)
    minimum_days_enrolled: int = Field(default=10, ge=1)
    full_academic_year_days: int = Field(default=150, ge=1)
    participation_floor_percent: float = Field(default=95.0, gt=0, le=100)
    reimbursement_days: int = Field(default=30, ge=1)
    availability_months: int = Field(default=27, ge=1)
    liquidation_days: int = Field(default=120, ge=0)
    subrecipient_liquidation_days: int = Field(default=90, ge=0)
    carryover_cap_percent: float = Field(default=15.0, ge=0, le=100)
    carryover_floor_usd: int = Field(default=50_000, ge=0)
    subaward_report_floor_usd: int = Field(default=30_000, ge=0)
    maintenance_of_effort_percent: float = Field(default=90.0, gt=0, le=100)
    applications_due: str = Field(default="07-01", pattern=_DAY)
    confidence_percent: Literal[90, 95, 99] = 95
    trend_dead_band: float = Field(default=0.5, ge=0)


class Alerts(StrictModel):
    """Where messages go. A webhook address is a secret, so only its environment variable is named."""

    webhook_url_env: str | None = None


class Schedule(StrictModel):
    """When the daily refresh runs, in the agency's time zone."""

    hour: int = Field(default=5, ge=0, le=23)
    minute: int = Field(default=30, ge=0, le=59)


class AgencySettings(StrictModel):
    """agency.yml."""

    agency_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    state_name: str
    state_ansi_code: str = Field(pattern=r"^[0-9]{2}$")
    state_abbreviation_code: str = Field(pattern=r"^[A-Z]{2}$")
    school_years: tuple[int, ...]
    time_zone: str
    minimum_n: int = Field(ge=1)
    accountability_minimum_n: int = Field(default=20, ge=1)
    data_root: str | None = None
    as_of: date | None = None
    default_lea_view: Literal["authorizer", "reporting_lea"] = "authorizer"
    thresholds: Thresholds = Thresholds()
    owners: dict[str, str] = Field(default_factory=dict)
    alerts: Alerts = Alerts()
    schedule: Schedule = Schedule()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("not a known time zone, such as America/Los_Angeles") from None
        return zone

    @field_validator("school_years")
    @classmethod
    def _ordered_years(cls, years: tuple[int, ...]) -> tuple[int, ...]:
        if not years or list(years) != sorted(set(years)):
            raise ValueError("school years must be given once each, in order")
        return years


class RowOverride(StrictModel):
    """Row bounds of a table that differ from the source's own for this agency."""

    minimum: int | None = None
    maximum: int | None = None


class ReleaseSettings(StrictModel):
    """One release of a source: the school years it serves, where it is, and which edition it is.

    Attributes:
        files: Addresses below the data root, or URLs (`https://`, `sftp://`, `s3://`); by table or for all.
        database: SQLAlchemy URL.
        api: Base address of an HTTP API.
        release: The column of columns.csv in force; default the year's own, else `all`.
        data_status: Which edition of its years this is; editions of one year stand side by side.
        secrets: Which environment variable holds the user, password, key or token; never the secret itself.
        options: What a transport or reader is told besides, such as the endpoint of an object store.
        only_where_set: An environment variable without which this release is left as it stands, for a system
            that is reachable from some machines only.
    """

    school_years: tuple[int, ...]
    files: tuple[str, ...] | dict[str, tuple[str, ...]] = ()
    database: str | None = None
    api: str | None = None
    release: str | None = None
    data_status: DataStatus = "final"
    rows: dict[str, RowOverride] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    only_where_set: str | None = None


class SourceSettings(StrictModel):
    """One source that is switched on."""

    releases: tuple[ReleaseSettings, ...]

    def editions(self, school_year: int) -> tuple[ReleaseSettings, ...]:
        """The releases that serve a school year, the one that counts first: revised, final, preliminary."""
        serving = [release for release in self.releases if school_year in release.school_years]
        return tuple(sorted(serving, key=lambda release: EDITIONS.index(release.data_status)))

    def for_year(self, school_year: int) -> ReleaseSettings | None:
        """The release that counts for a school year, if any is declared."""
        return next(iter(self.editions(school_year)), None)


class _SourcesFile(StrictModel):
    sources: dict[str, SourceSettings]


class Condition(StrictModel):
    """What is special about a year for some measures: it blocks status, baseline comparison and trend."""

    measures: tuple[str, ...]
    school_years: tuple[int, ...]
    kind: Literal["waiver", "pandemic", "low_participation", "changed_test", "incomplete_data"]
    note: str


class _ConditionsFile(StrictModel):
    conditions: tuple[Condition, ...] = ()


class Waiver(StrictModel):
    """Lets one named claim fail until a date; published beside the data. Privacy claims take none."""

    claim: str
    table: str
    school_year: int | None = None
    who: str
    why: str
    until: date


class _WaiversFile(StrictModel):
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class Agency:
    """One state: settings, sources, plan, conditions, waivers and crosswalks."""

    folder: Path
    settings: AgencySettings
    sources: dict[str, SourceSettings]
    plan: Plan
    plan_file: Located[Plan]
    conditions: tuple[Condition, ...]
    waivers: tuple[Waiver, ...]
    crosswalks: dict[str, Path]
    measures: dict[str, Measure]
    nested_plans: tuple[Located[Plan], ...] = ()
    plan_versions: tuple[Plan, ...] = ()

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The agency's own plan, and those of its districts and schools."""
        return (self.plan, *(located.value for located in self.nested_plans))

    def condition(self, measure_id: str, school_year: int) -> Condition | None:
        """What is special about a measure's year, if anything."""
        found = (c for c in self.conditions if measure_id in c.measures and school_year in c.school_years)
        return next(found, None)


def load_agency(folder: Path) -> Agency:
    """Read an agency folder.

    Raises:
        SpmError: The folder or a file in it is absent or wrong; names file, line and remedy.
    """
    if not folder.is_dir():
        raise SpmError(
            "No such agency folder", file=folder, remedy="Point SPM_AGENCY at a folder of agencies/"
        )
    settings = load_model(folder / "agency.yml", AgencySettings)
    sources = load_model(folder / "sources.yml", _SourcesFile, empty="sources: {}")
    conditions = load_model(folder / "conditions.yml", _ConditionsFile, empty="conditions: []")
    waivers = load_model(folder / "waivers.yml", _WaiversFile, empty="waivers: []")
    measures = load_measures()
    plan = load_own_plan(folder, measures)
    _check_years(settings.value, sources)
    _check_conditions(conditions, measures)
    _check_waivers(waivers)
    return Agency(
        folder=folder,
        settings=settings.value,
        sources=sources.value.sources,
        plan=plan.value,
        plan_file=plan,
        conditions=conditions.value.conditions,
        waivers=waivers.value.waivers,
        crosswalks={path.stem: path for path in sorted((folder / "crosswalks").glob("*.csv"))},
        measures=measures,
        nested_plans=load_nested_plans(folder, plan.value, measures),
        plan_versions=load_plan_versions(folder, plan),
    )


def _check_years(settings: AgencySettings, sources: Located[_SourcesFile]) -> None:
    for name, source in sources.value.sources.items():
        served: set[tuple[int, str]] = set()
        for index, release in enumerate(source.releases):
            at = ("sources", name, "releases", index)
            if [bool(release.files), release.database is not None, release.api is not None].count(True) != 1:
                raise sources.error(
                    at, "A release has files, a database or an api", remedy="Give exactly one"
                )
            _check_secrets(sources, at, release)
            for year in release.school_years:
                if year not in settings.school_years:
                    raise sources.error(
                        (*at, "school_years"),
                        "School year is not declared in agency.yml",
                        value=str(year),
                        remedy="Add it to school_years of agency.yml, or remove it here",
                    )
                if (year, release.data_status) in served:
                    raise sources.error(
                        (*at, "school_years"),
                        f"Two releases are the {release.data_status} edition of one school year",
                        value=str(year),
                        remedy="Give them different data_status: revised beats final beats preliminary",
                    )
                served.add((year, release.data_status))


def _check_secrets(sources: Located[_SourcesFile], at: tuple[str | int, ...], given: ReleaseSettings) -> None:
    for name, variable in given.secrets.items():
        if not _VARIABLE.fullmatch(variable):
            # What stands there may be the secret itself, so it is not repeated.
            raise sources.error(
                (*at, "secrets", name),
                "A secret is named, never written: not the name of an environment variable",
                remedy="Write the name of the variable that holds it, such as GRANTS_PASSWORD",
            )


def _check_conditions(conditions: Located[_ConditionsFile], measures: dict[str, Measure]) -> None:
    for index, condition in enumerate(conditions.value.conditions):
        for name in condition.measures:
            if name not in measures:
                at, known = ("conditions", index, "measures"), ", ".join(sorted(measures))
                raise conditions.error(at, "No such measure", value=name, remedy=f"Use one of {known}")


def _check_waivers(waivers: Located[_WaiversFile]) -> None:
    for index, waiver in enumerate(waivers.value.waivers):
        if "minimum_n" in waiver.claim or "privacy" in waiver.claim:
            raise waivers.error(
                ("waivers", index, "claim"),
                "A privacy claim takes no waiver",
                value=waiver.claim,
                remedy="Remove the waiver and mend the figure",
            )
