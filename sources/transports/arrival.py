"""What a transport is asked for, and what it brings.

A transport is a function `arrivals(wanted) -> Iterator[Arrival]`. It raises `Missing` for what is not there
and SpmError for everything else that keeps it from bringing all of it.
Put here: the seam between `acquire` and the transports. Not here: any protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sources.registry import Source
from sources.snapshot import Snapshot, SnapshotStore
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Missing(SpmError):
    """What was declared is not there: it may come later, or is gone."""


@dataclass(frozen=True)
class Wanted:
    """One release of a source for one school year, and all that a transport needs to bring it.

    Attributes:
        source: The source folder.
        release: What the agency says of where it is.
        school_year: The year it is wanted for.
        data_root: The folder that relative addresses start from.
        store: What was received before.
        folder: A temporary, private folder for this fetch alone.
        environment: Where secrets are.
    """

    source: Source
    release: ReleaseSettings
    school_year: int
    data_root: Path
    store: SnapshotStore
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    def secret(self, name: str) -> str | None:
        """The secret that the release names, from the environment; None when it names none.

        Raises:
            SpmError: The variable is not set; tells its name, never a value.
        """
        variable = self.release.secrets.get(name)
        return None if variable is None else self._variable(variable)

    def require_secret(self, name: str) -> str:
        """A secret that there is no way without.

        Raises:
            SpmError: The release names none, or the variable is not set.
        """
        found = self.secret(name)
        if found is None:
            raise SpmError(
                f"{self.source.spec.title} needs the secret {name!r}",
                file="sources.yml",
                column=f"sources.{self.source.id}.releases.secrets",
                remedy=f"Write secrets: {{{name}: NAME_OF_AN_ENVIRONMENT_VARIABLE}}",
            )
        return found

    def expand(self, text: str) -> str:
        """Fill `{data}`, `{school_year}`, `{start_year}` and `${VARIABLE}` of the environment.

        Raises:
            SpmError: A variable is not set.
        """
        plain = _VARIABLE.sub(lambda match: self._variable(match[1]), text)
        return filled(plain, self.data_root, self.school_year)

    def held(self, table: str, address: str) -> Snapshot | None:
        """The snapshot of this address that was last read and accepted for this year and edition."""
        return self.store.held(
            self.source.id,
            self.school_year,
            self.release.data_status,
            table,
            address,
            restricted=self.source.spec.is_restricted,
        )

    def _variable(self, name: str) -> str:
        value = self.environment.get(name)
        if not value:
            raise SpmError(
                f"The environment variable {name} is not set",
                file="sources.yml",
                column=f"sources.{self.source.id}",
                remedy=f"Set {name} where the pipeline runs, then refresh again",
            )
        return value


def filled(text: str, data_root: Path, school_year: int) -> str:
    """An address of sources.yml for a school year: `{data}`, `{school_year}`, `{start_year}` filled in."""
    places = {
        "{data}": str(data_root),
        "{school_year}": str(school_year),
        "{start_year}": str(school_year - 1),
    }
    for name, value in places.items():
        text = text.replace(name, value)
    return text


def bytes_of(path: Path) -> Callable[[], BinaryIO]:
    """What opens a local file."""

    def opened() -> BinaryIO:
        return path.open("rb")

    return opened


@dataclass(frozen=True)
class Arrival:
    """One file that came.

    Attributes:
        table: The table it is for; "" when the release names none.
        address: Where it came from, as people know it: a path below the data root or a URL without user,
            password or key.
        open: Gives its bytes; None exactly when `held` is given.
        held: The snapshot that the other side said is still current.
        etag: The server's mark of this version.
        detail: What the next fetch needs to know (a position, a change version, a page count); no secrets.
    """

    table: str
    address: str
    open: Callable[[], BinaryIO] | None
    held: Snapshot | None = None
    etag: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
