"""The protocol `rest`: each table is one question, or one for every combination of its `each`.

Put here: which questions a source asks and what becomes of the answers. Not here: one question (`gather`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import BinaryIO

from sources.api.client import ApiClient, connect
from sources.api.fill import ABSENT, at, fill, fill_body
from sources.api.gather import Gathered, Question, gather
from sources.api.place import spool_folder
from sources.api.records import record_store
from sources.api.spec import ApiSpec, FromTable, RequestSpec
from sources.api.spool import Spool, sweep
from sources.descriptors import is_own_descriptor
from sources.own_headers import is_own_header
from sources.transports.arrival import Arrival, Missing, Wanted
from warehouse.model.errors import SpmError

YEAR_PLACEHOLDER = re.compile(r"\{(school_year|start_year)\}")


@dataclass(frozen=True)
class _Table:
    name: str
    address: str
    file: Path
    gathered: tuple[Gathered, ...]
    records: int


def rest_arrivals(api: ApiSpec, wanted: Wanted) -> Iterator[Arrival]:
    """Ask every table's questions; one JSON Lines file a table, in the order of identities.

    Nothing is given before everything came, so that tables are of one time.
    """
    options = agency_options(api, wanted)
    sweep(spool_folder(wanted), api.spool_hours)
    done: dict[str, _Table] = {}
    spools: list[Spool] = []
    with connect(api, wanted) as client:
        for name in _in_order(wanted):
            done[name] = _table(client, name, options, done, spools)
    for spool in spools:
        spool.discard()
    for name in wanted.source.spec.tables:
        table = done[name]
        yield Arrival(name, table.address, partial(open_bytes, table.file), detail=_detail(table))


def table_address(client: ApiClient, name: str, path: str) -> str:
    """A table's address as people know it; its ending tells what is kept."""
    plain = YEAR_PLACEHOLDER.sub(lambda match: year_values(client.wanted.school_year)[match[1]], path)
    return f"{client.place}{plain}#{name}.jsonl"


def agency_options(api: ApiSpec, wanted: Wanted) -> dict[str, str]:
    """What fills `{option:…}`: the agency's options over the defaults.

    Raises:
        SpmError: An option is unknown, or one that has no default is not given.
    """
    given = {
        name: wanted.expand(text)
        for name, text in wanted.release.options.items()
        if not (is_own_header(name) or is_own_descriptor(name))
    }
    column = f"sources.{wanted.source.id}.releases.options"
    if strangers := sorted(set(given) - set(api.options)):
        raise SpmError(
            f"{wanted.source.spec.title} has no option {strangers[0]!r}",
            remedy=f"Use {', '.join(sorted(api.options)) or 'none'}",
            file="sources.yml",
            column=column,
        )
    options = {name: given.get(name, default) for name, default in api.options.items()}
    if lacking := [name for name, value in options.items() if value is None]:
        raise SpmError(
            f"{wanted.source.spec.title} needs the option {lacking[0]!r}",
            remedy=f"Write options: {{{lacking[0]}: ...}}; source.yml says what it means",
            file="sources.yml",
            column=column,
        )
    return {f"option:{name}": str(value) for name, value in options.items()}


def _in_order(wanted: Wanted) -> list[str]:
    """Tables whose values others need come first."""
    tables = wanted.source.spec.tables
    ordered: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise SpmError(
                f"Tables take values from each other in a circle: {', '.join(above)}",
                file=f"sources/{wanted.source.id}/source.yml",
                remedy="Break the circle in each",
            )
        if name in ordered:
            return
        request = tables[name].request
        for values in (request.each if request else {}).values():
            if isinstance(values, FromTable):
                visit(values.table, (*above, name))
        ordered.append(name)

    for name in tables:
        visit(name, ())
    return ordered


def _table(
    client: ApiClient, name: str, options: dict[str, str], done: dict[str, _Table], spools: list[Spool]
) -> _Table:
    wanted = client.wanted
    request = request_of(wanted, name)
    file = wanted.folder / f"{name}.jsonl"
    gathered = []
    with record_store(wanted.folder / f"{name}.db", request.identity) as store:
        for question in _questions(client, request, options, done):
            asked = [name, wanted.school_year, wanted.release.data_status, question.text()]
            spool = Spool(spool_folder(wanted), asked, client.api.spool_hours)
            spools.append(spool)
            gathered.append(gather(client, question, spool, store, wanted.folder))
        if store.count() == 0 and request.empty_is_missing:
            raise Missing(
                f"{client.title}: no records for {wanted.school_year}",
                file=table_address(client, name, request.path),
                remedy="If they are not out yet, there is nothing to do; else correct options in sources.yml",
            )
        records = store.write(file)
    return _Table(name, table_address(client, name, request.path), file, tuple(gathered), records)


def _questions(
    client: ApiClient, request: RequestSpec, options: dict[str, str], done: dict[str, _Table]
) -> Iterator[Question]:
    values = {**options, **year_values(client.wanted.school_year)}
    names = list(request.each)
    for chosen in product(*(_choices(request.each[name], values, done) for name in names)):
        filled = {**values, **{f"each:{n}": v for n, v in zip(names, chosen, strict=True)}}
        params = {name: fill(text, filled) for name, text in request.params.items()}
        count = request.count
        yield Question(
            client.base + fill(request.path, filled),
            replace_headers(request, filled),
            {name: text for name, text in params.items() if text},
            fill_body(request.body, filled),
            "" if count is None else client.base + fill(count.path, filled),
            None if count is None else fill_body(count.body, filled),
        )


def year_values(school_year: int, today: date | None = None) -> dict[str, str]:
    """What the placeholders of the school year stand for; no API may be asked for days to come."""
    end = min(date(school_year, 6, 30), today or datetime.now(UTC).date())
    return {
        "school_year": str(school_year),
        "start_year": str(school_year - 1),
        "year_begins": date(school_year - 1, 7, 1).isoformat(),
        "year_ends_or_today": end.isoformat(),
    }


def request_of(wanted: Wanted, table: str) -> RequestSpec:
    """A table's request; the registry has seen to it that there is one."""
    request = wanted.source.spec.tables[table].request
    if request is None:
        raise AssertionError(f"{wanted.source.id}.{table} has no request")
    return request


def open_bytes(file: Path) -> BinaryIO:
    """A file of this fetch, to be kept."""
    return file.open("rb")


def replace_headers(request: RequestSpec, values: dict[str, str]) -> RequestSpec:
    """The request with placeholders of its headers filled."""
    if not request.headers:
        return request
    return request.model_copy(update={"headers": {k: fill(v, values) for k, v in request.headers.items()}})


def _choices(
    values: tuple[str, ...] | FromTable, filled: dict[str, str], done: dict[str, _Table]
) -> list[str]:
    if not isinstance(values, FromTable):
        return list(fill_body(list(values), filled)) or [""]
    found: dict[str, None] = {}
    with done[values.table].file.open("rb") as lines:
        for line in lines:
            value = at(json.loads(line), values.path)
            if value is not ABSENT and value is not None:
                found[str(value)] = None
    texts = sorted(found)
    return [",".join(texts[i : i + values.batch]) for i in range(0, len(texts), values.batch)]


def _detail(table: _Table) -> dict[str, str]:
    """What the receipt tells of how the records came."""
    promised = [g.promised for g in table.gathered]
    detail = {
        "questions": str(len(table.gathered)),
        "pages": str(sum(g.pages for g in table.gathered)),
        "records": str(table.records),
        "repeated_records_dropped": str(sum(g.repeated for g in table.gathered)),
    }
    if promised and None not in promised:
        detail["promised_records"] = str(sum(p for p in promised if p is not None))
    if resumed := [str(g.resumed_at) for g in table.gathered if g.resumed_at is not None]:
        detail["resumed_at_page"] = ", ".join(resumed)
    if any(g.fetched_twice for g in table.gathered):
        detail["fetched_twice"] = "yes"
    return detail
