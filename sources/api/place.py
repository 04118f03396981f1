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


def spool_folder(wanted: Wanted) -> Path:
    """Where pages wait for the rest: below the snapshots of the source."""
    return wanted.store.root / wanted.source.id / "spool"
