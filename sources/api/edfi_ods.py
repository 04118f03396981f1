"""An Ed-Fi ODS/API 7.x: where it says its parts are, its change versions, and how its resources are read.

Put here: the requests that every Ed-Fi ODS answers. Not here: what is kept from time to time (`edfi`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sources.api.client import Answer, ApiClient, StatusError
from sources.api.paging import ShapeError
from sources.transports.arrival import Missing
from warehouse.model.errors import SpmError

FIRST_WITH_CURSOR = (7, 3)
PAGE = 500
PARTITIONS = 4
_VERSION = re.compile(r"(\d+)\.(\d+)")
_SEGMENT = re.compile(r"\{([A-Za-z]+)\}")


@dataclass(frozen=True)
class Versions:
    """From which change on the ODS remembers changes, and the newest one."""

    oldest: int
    newest: int


@dataclass
class Ods:
    """One ODS, found by its discovery document.

    Attributes:
        data: Address of the resources.
        changes: Address of the change queries; None where there are none.
        has_cursor: Whether it is of a version that pages by cursor.
        snapshot: Whether it is read from an isolated snapshot.
    """

    client: ApiClient
    data: str
    changes: str | None
    has_cursor: bool
    snapshot: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def versions(self, *, try_snapshot: bool = False) -> Versions | None:
        """The change versions; None where the ODS tracks no changes.

        Args:
            try_snapshot: Whether to ask for the isolated snapshot, and go without where none is offered.
        """
        if self.changes is None:
            return None
        address = self.changes + "availableChangeVersions"
        if try_snapshot:
            try:
                found = self._versions(address, {"Use-Snapshot": "true"})
            except (Missing, StatusError) as problem:
                if isinstance(problem, StatusError) and problem.status != 400:
                    raise
            else:
                self.snapshot, self.headers = True, {"Use-Snapshot": "true"}
                return found
        try:
            return self._versions(address, self.headers)
        except Missing:
            return None

    def total(self, resource: str, params: Mapping[str, str]) -> int:
        """How many records a resource has now."""
        answer = self._ask(resource, {**params, "limit": 0, "totalCount": "true"})
        text = answer.headers.get("Total-Count", "")
        if not (text.isascii() and text.isdigit()):
            raise ShapeError(
                f"{self.client.title}: the answer has no Total-Count",
                file=self.client.shown(self.data + resource),
                remedy="Ask who runs the ODS whether totalCount is allowed there",
            )
        return int(text)

    def first_step(self, resource: str, params: Mapping[str, str], total: int) -> dict[str, Any]:
        """Where to begin reading a resource: by cursor where that is offered, else from the last page back.

        Back, because records that are deleted meanwhile move those behind them forward: then one is seen
        twice, and none is missed.
        """
        if self.has_cursor:
            try:
                body = self._ask(f"{resource}/partitions", {**params, "number": PARTITIONS}).body
                tokens = body["pageTokens"] if isinstance(body, dict) else None
                if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
                    return {"method": "cursor", "tokens": tokens}
            except (Missing, StatusError, KeyError):
                pass
            self.has_cursor = False
        start = max(0, (total - 1) // PAGE * PAGE)
        return {"method": "offset", "start": start, "at": start}

    def step(
        self, resource: str, params: Mapping[str, str], where: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any] | None]:
        """One page and where the next one is; None at the end."""
        if where["method"] == "cursor":
            return self._cursor_step(resource, params, where["tokens"])
        start, position = int(where["start"]), int(where["at"])
        end = start + PAGE
        records = self.page(resource, params, position, end - position)
        position += len(records)
        if records and position < end:
            return records, {"method": "offset", "start": start, "at": position}
        if start == 0:
            return records, None
        return records, {"method": "offset", "start": start - PAGE, "at": start - PAGE}

    def window(self, resource: str, params: Mapping[str, str], low: int, high: int) -> Iterator[list[Any]]:
        """Records that changed from version `low` to `high`, in pages.

        What changes again meanwhile leaves the window, so that it only shrinks, and reading back misses none.

        Raises:
            SpmError: Twice, fewer came than stayed in the window.
        """
        asked = {**params, "minChangeVersion": str(low), "maxChangeVersion": str(high)}
        for attempt in (1, 2):
            total = self.total(resource, asked)
            seen: set[Any] = set()
            start = max(0, (total - 1) // PAGE * PAGE)
            where: dict[str, Any] | None = {"method": "offset", "start": start, "at": start}
            while where is not None:
                records, where = self.step(resource, asked, where)
                seen.update(record.get("id") for record in records)
                if records:
                    yield records
            if len(seen) == total or len(seen) >= self.total(resource, asked):
                return
            if attempt == 2:
                raise SpmError(
                    f"{self.client.title}: {len(seen)} changed records came where {total} were promised",
                    file=self.client.shown(self.data + resource),
                    remedy="Refresh again; if it stays so, ask who runs the ODS",
                )

    def tombstones(self, resource: str, kind: str, low: int, high: int) -> set[str]:
        """Ids of records that were deleted (`deletes`) or got another key (`keyChanges`)."""
        params = {"minChangeVersion": str(low), "maxChangeVersion": str(high)}
        found: set[str] = set()
        position = 0
        while records := self.page(f"{resource}/{kind}", params, position, PAGE):
            position += len(records)
            for record in records:
                if not isinstance(record.get("id"), str):
                    raise self._shape(f"{resource}/{kind}")
                found.add(record["id"])
        return found

    def page(self, resource: str, params: Mapping[str, str], offset: int, limit: int) -> list[Any]:
        """One page by offset."""
        answer = self._ask(resource, {**params, "offset": offset, "limit": limit})
        return self._records(answer, resource)

    def _cursor_step(
        self, resource: str, params: Mapping[str, str], tokens: list[str]
    ) -> tuple[list[Any], dict[str, Any] | None]:
        if not tokens:
            return [], None
        answer = self._ask(resource, {**params, "pageToken": tokens[0], "pageSize": PAGE})
        following = answer.headers.get("Next-Page-Token")
        if following == tokens[0]:
            raise SpmError(
                f"{self.client.title}: the next page is the one just read",
                file=self.client.shown(self.data + resource),
                remedy="Ask who runs the ODS; its paging does not end",
            )
        left = [following, *tokens[1:]] if following else tokens[1:]
        return self._records(answer, resource), {"method": "cursor", "tokens": left} if left else None

    def _ask(self, resource: str, params: Mapping[str, Any]) -> Answer:
        return self.client.ask("GET", self.data + resource, params=params, headers=self.headers)

    def _records(self, answer: Answer, resource: str) -> list[Any]:
        if not isinstance(answer.body, list) or not all(isinstance(r, dict) for r in answer.body):
            raise self._shape(resource)
        return answer.body

    def _versions(self, address: str, headers: Mapping[str, str]) -> Versions:
        body = self.client.ask("GET", address, headers=headers).body
        given = {str(k).lower(): v for k, v in body.items()} if isinstance(body, dict) else {}
        oldest, newest = given.get("oldestchangeversion"), given.get("newestchangeversion")
        if not isinstance(oldest, int) or not isinstance(newest, int):
            raise self._shape("availableChangeVersions")
        return Versions(oldest, newest)

    def _shape(self, resource: str) -> ShapeError:
        return ShapeError(
            f"{self.client.title}: the answer is JSON of another shape than an Ed-Fi ODS gives",
            file=self.client.shown(self.data + resource),
            remedy="Look whether api in sources.yml is the base address of an Ed-Fi ODS/API 7",
        )


def discover(client: ApiClient, options: Mapping[str, str]) -> Ods:
    """Read the discovery document and find the parts.

    Args:
        client: Of the API; its token address is set.
        options: What fills `{tenantIdentifier}` and the like in the addresses, by name.

    Raises:
        SpmError: No Ed-Fi ODS answers, or it names addresses on another host.
    """
    answer = client.ask("GET", client.base + "/", openly=True)
    urls = answer.body.get("urls") if isinstance(answer.body, dict) else None
    if not isinstance(urls, dict) or not isinstance(urls.get("dataManagementApi"), str):
        raise ShapeError(
            f"{client.title}: no discovery document of an Ed-Fi ODS/API",
            file=client.place,
            column="urls.dataManagementApi",
            remedy="Correct api in sources.yml; it is the address before /data/v3",
        )

    def address(name: str) -> str | None:
        text = urls.get(name)
        if not isinstance(text, str):
            return None
        return client.own_link(_SEGMENT.sub(lambda match: _segment(client, options, match[1]), text))

    version = _VERSION.match(str(answer.body.get("version", "")))
    numbers = (int(version[1]), int(version[2])) if version else (0, 0)
    client.token_address = address("oauth") or client.token_address
    data, changes = address("dataManagementApi"), address("changeQueries")
    if data is None:
        raise AssertionError("checked above")
    return Ods(
        client,
        data.rstrip("/") + "/",
        (changes or client.base + "/changeQueries/v1").rstrip("/") + "/",
        numbers >= FIRST_WITH_CURSOR,
    )


def _segment(client: ApiClient, options: Mapping[str, str], name: str) -> str:
    if "year" in name.lower():
        return options.get(name, str(client.wanted.school_year))
    if name not in options:
        raise SpmError(
            f"{client.title}: the ODS wants to know {name!r}",
            file="sources.yml",
            column=f"sources.{client.wanted.source.id}.releases.options",
            remedy="Put the segment into api, such as https://host/tenant/2025",
        )
    return options[name]
