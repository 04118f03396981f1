"""Get all records of one question, and prove it: nothing missing, nothing twice, nothing half.

Put here: going from page to page, going on after a cut, holding what came to what was promised.
Not here: which questions a table asks (`rest`), protocols with a memory of their own (`edfi`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sources.api.client import Answer, ApiClient, StatusError
from sources.api.fill import at
from sources.api.paging import Asked, Page, Position, ShapeError, asked_for, first_position, read_page
from sources.api.records import Added, RecordStore, record_store
from sources.api.spec import RequestSpec
from sources.api.spool import Spool, SpoolState, page_hash
from sources.transports.arrival import Missing
from warehouse.model.errors import SpmError

# More pages than any answer has: a server that always names a next page is refused at last.
MOST_PAGES = 1_000_000


@dataclass(frozen=True)
class Question:
    """One question, filled: where, with which parameters, and what tells its records apart."""

    address: str
    request: RequestSpec
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    count_address: str = ""
    count_body: Any = None

    def text(self) -> dict[str, Any]:
        """All that decides the answer, for the spool's name; secrets are no part of a question."""
        return {
            "address": self.address,
            "params": dict(self.params),
            "body": self.body,
            "request": self.request.model_dump(mode="json"),
        }


@dataclass(frozen=True)
class Gathered:
    """How a question was answered."""

    pages: int
    promised: int | None
    records: int
    repeated: int
    resumed_at: int | None
    fetched_twice: bool


class Mismatch(SpmError):
    """What came is not what was promised."""


def gather(client: ApiClient, question: Question, spool: Spool, store: RecordStore, folder: Path) -> Gathered:
    """Bring all records of a question into the store.

    They are counted apart first; if they are not what was promised, all is asked once more from the start.

    Raises:
        Missing: There is nothing.
        SpmError: It failed, or the second time is no better than the first.
    """
    again = False
    while True:
        try:
            state, resumed_at = _fetch(client, question, spool)
            with record_store(folder / "counting.db", question.request.identity) as counting:
                added = _add_all(counting, spool, state)
            _require_promised(client, question, state, added)
        except Mismatch:
            spool.discard()
            if again:
                raise
            again = True
            continue
        into = _add_all(store, spool, state)
        if into.differing:
            raise _differ(client, question, into.differing)
        promised = state.total if question.request.count is None else added.new
        return Gathered(state.pages, promised, added.new, added.alike, resumed_at, again)


def _add_all(store: RecordStore, spool: Spool, state: SpoolState) -> Added:
    new = alike = differing = 0
    for batch in spool.batches(state):
        added = store.add(batch)
        new, alike, differing = new + added.new, alike + added.alike, differing + added.differing
    return Added(new, alike, differing)


def _require_promised(client: ApiClient, question: Question, state: SpoolState, added: Added) -> None:
    if added.differing:
        raise _differ(client, question, added.differing)
    promised = _promised(client, question, state)
    if promised is None or promised == added.new:
        return
    fault = "fewer" if added.new < promised else "more"
    twice = f", {added.alike} of which came twice" if added.alike else ""
    came = added.new + added.alike
    raise Mismatch(
        f"{client.title}: {came} records came{twice}: {fault} than the {promised} promised",
        file=client.shown(question.address),
        remedy="Refresh again when nobody writes there; if it stays so, ask who runs the API",
    )


def _promised(client: ApiClient, question: Question, state: SpoolState) -> int | None:
    """What the pages promised, else what the API counts when asked."""
    count = question.request.count
    if state.total is not None or count is None:
        return state.total
    method = question.request.method
    answer = client.ask(method, question.count_address, params=question.params, body=question.count_body)
    found = at(answer.body, count.at)
    if not isinstance(found, int):
        raise ShapeError(
            f"{client.title}: the answer does not say at {count.at!r} how many records there are",
            file=client.shown(question.count_address),
            remedy="Compare the answer with count in source.yml; the API may have changed",
        )
    return found


def _differ(client: ApiClient, question: Question, count: int) -> Mismatch:
    named = ", ".join(question.request.identity)
    return Mismatch(
        f"{client.title}: {count} records came twice and differ, though {named} should tell records apart",
        file=client.shown(question.address),
        remedy="Refresh again when nobody writes there; if it stays so, correct identity in source.yml",
    )


def _fetch(client: ApiClient, question: Question, spool: Spool) -> tuple[SpoolState, int | None]:
    """All pages into the spool; gives the last state and the page at which an earlier fetch was taken up."""
    kept = spool.state()
    if kept is not None:
        try:
            taken_up = _take_up(client, question, kept)
            if taken_up:
                return _onward(client, question, spool, kept), kept.pages + 1
        except (StatusError, Missing, Mismatch):
            # The position is no longer known there, or the data moved: from the start.
            pass
    spool.begin()
    return _onward(client, question, spool, None), None


def _take_up(client: ApiClient, question: Question, kept: SpoolState) -> bool:
    """Whether the first page is still what it was, so that the later ones may be as well."""
    first = _page(client, question, first_position(question.request))
    return first.total == kept.total and page_hash(first.records) == kept.first_page


def _onward(client: ApiClient, question: Question, spool: Spool, state: SpoolState | None) -> SpoolState:
    if state is not None and state.position is None:
        return state
    position: Position = state.position if state and state.position else first_position(question.request)
    while True:
        page = _page(client, question, position)
        if state is not None and page.total != state.total and not position.get("probe"):
            raise _moved(client, question, state, page)
        if page.following == position or (state is not None and state.pages >= MOST_PAGES):
            raise _runs_in_circles(client, question)
        total = state.total if state else page.total
        state = spool.keep(page.records, state, total, page.following)
        if page.following is None:
            return state
        position = page.following


def _moved(client: ApiClient, question: Question, state: SpoolState, page: Page) -> Mismatch:
    return Mismatch(
        f"{client.title}: the promised number went from {state.total} to {page.total} while reading",
        file=client.shown(question.address),
        remedy="Refresh again when nobody writes there",
    )


def _page(client: ApiClient, question: Question, position: Position) -> Page:
    try:
        answer = _answer(client, question, asked_for(question.request, position))
    except (StatusError, Missing):
        if position.get("probe"):
            # Behind the last page some servers answer with an empty one, and others with an error.
            return Page([], None, None)
        raise
    place = client.shown(question.address)
    return read_page(question.request, position, answer, place, client.own_link)


def _answer(client: ApiClient, question: Question, asked: Asked) -> Answer:
    headers = question.request.headers
    if asked.link is not None:
        return client.ask("GET", asked.link, headers=headers)
    if question.request.method == "POST":
        body = {**(question.body or {}), **asked.values}
        return client.ask("POST", question.address, params=question.params, body=body, headers=headers)
    return client.ask("GET", question.address, params={**question.params, **asked.values}, headers=headers)


def _runs_in_circles(client: ApiClient, question: Question) -> SpmError:
    return SpmError(
        f"{client.title}: the next page is the one just read",
        file=client.shown(question.address),
        remedy="Ask who runs the API; its paging does not end",
    )
