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

MARK = "agency"


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
    require_own(root, agency_id)
    url = env.get("SPM_WAREHOUSE_URL") or f"sqlite:///{root / 'warehouse' / 'internal.db'}"
    return Place(agency_id, str(settings.get("name", agency_id)), folder, root, url)


def require_own(root: Path, agency_id: str) -> bool:
    """Whether the working folder is marked as this agency's; False when it has no mark yet.

    Raises:
        SpmError: It belongs to another agency, or its mark does not say whose it is.
    """
    mark = root / MARK
    try:
        owner = mark.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        raise _unclear(mark, agency_id, "is not text") from None
    except OSError as problem:
        raise SpmError(
            f"This working folder cannot be read ({problem.strerror or type(problem).__name__})",
            file=mark,
            remedy="It is open to its owner only: run this as that user, or set SPM_HOME to another folder",
        ) from None
    if not owner:
        raise _unclear(mark, agency_id, "is empty")
    if owner != agency_id:
        raise SpmError(
            f"This working folder belongs to {owner!r}",
            file=root,
            value=agency_id,
            remedy="Set SPM_HOME to another folder, or SPM_AGENCY to the agency it belongs to",
        )
    return True


def _unclear(mark: Path, agency_id: str, how: str) -> SpmError:
    return SpmError(
        f"The mark that says whose working folder this is {how}",
        file=mark,
        remedy=f"If the folder is {agency_id}'s, remove that file, and the next refresh writes it again; "
        "otherwise set SPM_HOME to another folder",
    )
