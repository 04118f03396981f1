"""One agency's working folder and everything a run needs to know, gathered once.

Put here: where things of one run stand (home, data root, lake, warehouse) and which declarations apply.
Not here: what is done with them (`raw`, `core`, `measures`, `publication`).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from assets.lake import Lake
from assets.place import MARK, find_place, require_own
from sources.registry import Source, discover
from warehouse.model.agency import Agency, SourceSettings, load_agency
from warehouse.model.contract import Contract, load_contracts
from warehouse.model.errors import SpmError
from warehouse.model.places import shown


@dataclass(frozen=True)
class Home:
    """An agency, its working folder, and the declarations in force.

    Attributes:
        agency: The agency folder, read and checked.
        root: Working folder: snapshots, lake, warehouse, Dagster's history, reports.
        data_root: Where file sources are looked for; None when none is set.
        warehouse_url: SQLAlchemy URL of the warehouse.
        today: The day of the run in the agency's time zone.
    """

    agency: Agency
    root: Path
    data_root: Path | None
    warehouse_url: str
    today: date
    sources_root: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def as_of(self) -> date:
        """The day the publication speaks for: the agency's setting, else today."""
        return self.agency.settings.as_of or self.today

    @cached_property
    def lake(self) -> Lake:
        """The lake of this home."""
        return Lake(self.root / "lake")

    @cached_property
    def remembered(self) -> dict[str, Any]:
        """What is worked out of the declarations once, by the name of the function that does."""
        return {}

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """All contracts."""
        return load_contracts()

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources that are switched on, by id.

        Raises:
            SpmError: sources.yml names a source that does not exist.
        """
        known = discover(self.sources_root) if self.sources_root else discover()
        for name in self.agency.sources:
            if name not in known:
                raise SpmError(
                    "No such source",
                    file=shown(self.agency.folder / "sources.yml"),
                    column="sources",
                    value=name,
                    remedy=f"Use a folder of sources/: {', '.join(sorted(known))}",
                )
        return {name: known[name] for name in self.agency.sources}

    def settings_of(self, source_id: str) -> SourceSettings:
        """Where the agency says a source is."""
        return self.agency.sources[source_id]

    def require_data_root(self) -> Path:
        """The data root.

        Raises:
            SpmError: None is set, or it does not exist.
        """
        if self.data_root is None:
            raise SpmError(
                f"{self.agency.settings.name} has no data root",
                remedy="Set SPM_DATA to the folder that holds the source files",
            )
        if not self.data_root.is_dir():
            raise SpmError(
                "The data root does not exist",
                file=self.data_root,
                remedy="Set SPM_DATA to the folder that holds the source files",
            )
        return self.data_root


def open_home(environment: Mapping[str, str] | None = None) -> Home:
    """The home that the environment names: SPM_AGENCY, SPM_HOME, SPM_DATA, SPM_WAREHOUSE_URL.

    Raises:
        SpmError: The agency folder is wrong, or the home belongs to another agency.
    """
    env = dict(os.environ if environment is None else environment)
    place = find_place(env)
    agency = load_agency(place.agency_folder)
    settings = agency.settings
    return Home(
        agency=agency,
        root=place.root,
        data_root=_data_root(env, place.root, settings.data_root),
        warehouse_url=place.warehouse_url,
        today=datetime.now(ZoneInfo(settings.time_zone)).date(),
        environment=env,
    )


def claim_home(home: Home) -> None:
    """Create the working folder, closed to everybody else, and mark it as this agency's.

    Raises:
        SpmError: It belongs to another agency, or to others on this machine too.
    """
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(home.root)
    agency_id = home.agency.settings.agency_id
    if require_own(home.root, agency_id):
        return
    # Whole or not at all: nobody can use a home whose mark is empty.
    handle, name = tempfile.mkstemp(prefix=f".{MARK}.", dir=home.root)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(agency_id + "\n")
        temporary.replace(home.root / MARK)
    finally:
        temporary.unlink(missing_ok=True)


def _close(root: Path) -> None:
    """Leave the folder to its owner alone: files of students lie below it."""
    mode = stat.S_IMODE(root.stat().st_mode)
    if not mode & 0o077:
        return
    shared = SpmError(
        "The working folder is shared with others on this machine and cannot be closed to them",
        file=root,
        remedy="Set SPM_HOME to a folder of your own",
    )
    if mode & stat.S_ISVTX:  # such as /tmp: closing it would shut out everybody else's work
        raise shared
    try:
        root.chmod(0o700)
    except PermissionError:
        raise shared from None


def _data_root(env: Mapping[str, str], root: Path, default: str | None) -> Path | None:
    if env.get("SPM_DATA"):
        return Path(env["SPM_DATA"]).resolve()
    return None if default is None else (root / default).resolve()
