"""Where an agency's working folder and warehouse are, found without reading the whole agency folder.

Put here: what the environment says of places; all that `spm status` needs before it can ask the warehouse.
Not here: everything else about an agency (`home`), whose reading imports Arrow and DuckDB.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from warehouse.model.errors import SpmError
from warehouse.model.places import AGENCIES, PROJECT
from warehouse.model.yaml_file import read_yaml


@dataclass(frozen=True)
class Place:
    """An agency's name, working folder and warehouse."""

    agency_id: str
    name: str
    agency_folder: Path
    root: Path
    warehouse_url: str

    @property
    def warehouse(self) -> str:
        """The warehouse as people may see it: without a password."""
        from warehouse.engine import parse_url, shown_url

        return shown_url(parse_url(self.warehouse_url))


def find_place(environment: Mapping[str, str] | None = None) -> Place:
    """The place that SPM_AGENCY, SPM_HOME and SPM_WAREHOUSE_URL name.

    Raises:
        SpmError: There is no such agency, or the working folder belongs to another.
    """
    env = os.environ if environment is None else environment
    folder = Path(env.get("SPM_AGENCY") or AGENCIES / "franklin")
    if not folder.is_absolute() and not folder.exists():
        folder = PROJECT / folder
    if not folder.is_dir():
        raise SpmError(
            "No such agency folder", file=folder, remedy="Point SPM_AGENCY at a folder of agencies/"
        )
    document, _ = read_yaml(folder / "agency.yml")
    settings = document if isinstance(document, dict) else {}
    agency_id = str(settings.get("agency_id", ""))
    root = Path(env.get("SPM_HOME") or PROJECT / ".spm" / agency_id).resolve()
    mark = root / "agency"
    owner = mark.read_text(encoding="utf-8").strip() if mark.exists() else agency_id
    if owner != agency_id:
        raise SpmError(
            f"This working folder belongs to {owner!r}",
            file=root,
            value=agency_id,
            remedy="Set SPM_HOME to another folder, or SPM_AGENCY to the agency it belongs to",
        )
    url = env.get("SPM_WAREHOUSE_URL") or f"sqlite:///{root / 'warehouse' / 'internal.db'}"
    return Place(agency_id, str(settings.get("name", agency_id)), folder, root, url)
