"""The transport of HTTP APIs: from a release's `api` to one file a table.

Put here: which protocol a source speaks. Not here: the protocols (`sources.api`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sources.api.edfi import edfi_arrivals
from sources.api.rest import rest_arrivals
from sources.api.spec import ApiSpec
from sources.transports.arrival import Arrival, Wanted
from warehouse.model.errors import SpmError

PROTOCOLS: dict[str, Callable[[ApiSpec, Wanted], Iterator[Arrival]]] = {
    "rest": rest_arrivals,
    "edfi": edfi_arrivals,
}


def arrivals(wanted: Wanted) -> Iterator[Arrival]:
    """Ask the API for every table of the source.

    Raises:
        Missing: The API has nothing for the year.
        SpmError: It cannot be reached, refuses, or does not give what it promises.
    """
    api = wanted.source.spec.api
    if api is None:
        raise SpmError(
            f"{wanted.source.spec.title} is no HTTP API",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.api",
            remedy="Name its files or its database instead",
        )
    return PROTOCOLS[api.protocol](api, wanted)
