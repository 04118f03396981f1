"""Where an API is, and where its pages wait.

Put here: the base address of a release, and the folder of its spool. Not here: what is asked there.
"""

from __future__ import annotations

from pathlib import Path

import httpx

from sources.transports.arrival import Wanted
from warehouse.model.errors import SpmError


def base_address(wanted: Wanted) -> str:
    """The base address that the release names, filled.

    Raises:
        SpmError: It is not an address, or has a user, password, query or fragment in it.
    """
    text = wanted.expand(wanted.release.api or "")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise SpmError(
            f"{wanted.source.spec.title}: api is not the base address of an API",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.api",
            remedy="Write https://host/path, and keys under secrets",
        )
    return text.rstrip("/")


def place_of(wanted: Wanted) -> str:
    """The base address as people know it: what sources.yml says, a variable by its name.

    So the same system keeps its name when it is reached at another address.
    """
    text = (wanted.release.api or "").rstrip("/")
    year = wanted.school_year
    return text.replace("{school_year}", str(year)).replace("{start_year}", str(year - 1))


def spool_folder(wanted: Wanted) -> Path:
    """Where pages wait for the rest: below the snapshots of the source."""
    return wanted.store.root / wanted.source.id / "spool"
