"""What a source says of its HTTP API: the models of `api:` and `tables.<table>.request:` in source.yml.

Put here: shapes and their checks. Not here: how they are used (`client`, `paging`, `rest`, `edfi`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from warehouse.model.yaml_file import StrictModel

PLACEHOLDER = re.compile(r"\{([a-z_]+(?::[A-Za-z0-9_]+)?)\}")
FILLED_BY_YEAR = ("school_year", "start_year", "year_begins", "year_ends_or_today")


class OAuth(StrictModel):
    """OAuth client credentials; the release's secrets `client_id` and `client_secret`.

    Attributes:
        token_path: Below the base address; a protocol with a discovery document finds it there.
    """

    style: Literal["oauth"]
    token_path: str = "/oauth/token"  # noqa: S105 - a path, no secret


class ApiKey(StrictModel):
    """A key, the release's secret `api_key`, in a header or, where the API wants it so, in the address."""

    style: Literal["api_key"]
    header: str | None = None
    query: str | None = None
    required: bool = True

    @model_validator(mode="after")
    def _one_place(self) -> ApiKey:
        if (self.header is None) == (self.query is None):
            raise ValueError("an api key goes into a header or into the query: give exactly one")
        return self


class NoAuth(StrictModel):
    """An API open to all."""

    style: Literal["none"] = "none"


Auth = Annotated[OAuth | ApiKey | NoAuth, Field(discriminator="style")]


class Rate(StrictModel):
    """How often the API may be asked. A day is a UTC day, counted over all runs of this machine."""

    per_second: float | None = Field(default=None, gt=0)
    per_minute: float | None = Field(default=None, gt=0)
    per_day: int | None = Field(default=None, ge=1)


class Patience(StrictModel):
    """How long one request, its repetitions and a wait that the server asks for may take, in seconds."""

    connect: float = Field(default=10, gt=0)
    read: float = Field(default=60, gt=0)
    attempts: int = Field(default=5, ge=1)
    first_wait: float = Field(default=0.5, ge=0)
    longest_wait: float = Field(default=30, ge=0)
    longest_asked_wait: float = Field(default=300, ge=0)
    page_bytes: int = Field(default=256_000_000, ge=1)


class ApiSpec(StrictModel):
    """`api:` of source.yml.

    Attributes:
        options: What an agency may set in its sources.yml, with the default; null where it must.
        spool_hours: How old pages of a fetch that was cut may be to go on from them.
    """

    protocol: Literal["rest", "edfi"] = "rest"
    auth: Auth = NoAuth()
    headers: dict[str, str] = Field(default_factory=dict)
    rate: Rate = Rate()
    patience: Patience = Patience()
    options: dict[str, str | None] = Field(default_factory=dict)
    spool_hours: float = Field(default=12, ge=0)


class Total(StrictModel):
    """Where a response promises how many records there are: a header, or a path in the body.

    Of `Content-Range: 0-99/1234` the number behind the slash is taken.
    """

    header: str | None = None
    body: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Total:
        if (self.header is None) == (self.body is None):
            raise ValueError("a total stands in a header or in the body: give exactly one")
        return self


class Whole(StrictModel):
    """One response has everything."""

    style: Literal["whole"] = "whole"
    total: Total | None = None


class ByOffset(StrictModel):
    """Skip so many records. The next offset is what came, not what was asked: servers cap a page."""

    style: Literal["offset"]
    size: int = Field(ge=1)
    size_name: str = "limit"
    offset_name: str = "offset"
    total: Total


class ByPage(StrictModel):
    """Count pages, until the total is reached or `more` says that there is none.

    Attributes:
        more: Path of a boolean in the body.
        pair: Names of values at `pair_at` that are sent back with the next page: APIs that stop counting at
            ten thousand records go on from the last one.
    """

    style: Literal["page"]
    size: int = Field(ge=1)
    size_name: str = "limit"
    page_name: str = "page"
    first: int = 1
    more: str | None = None
    total: Total | None = None
    pair: tuple[str, ...] = ()
    pair_at: str = ""

    @model_validator(mode="after")
    def _has_an_end(self) -> ByPage:
        if self.more is None and self.total is None:
            raise ValueError("pages need an end: give `more` or `total`")
        return self


class ByNextLink(StrictModel):
    """Follow the link to the next page, on the same host only."""

    style: Literal["next_link"]
    link: str
    size: int | None = Field(default=None, ge=1)
    size_name: str = "limit"
    total: Total | None = None


class ByCursor(StrictModel):
    """Send back the token of the last response, from a header or a path in the body, until there is none."""

    style: Literal["cursor"]
    size: int = Field(ge=1)
    size_name: str = "pageSize"
    token_name: str = "pageToken"  # noqa: S105 - a parameter's name, no secret
    header: str | None = None
    body: str | None = None
    total: Total | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ByCursor:
        if (self.header is None) == (self.body is None):
            raise ValueError("a token stands in a header or in the body: give exactly one")
        return self


Paging = Annotated[Whole | ByOffset | ByPage | ByNextLink | ByCursor, Field(discriminator="style")]


class FromTable(StrictModel):
    """Values taken from records of another table of the source, so many a question."""

    table: str
    path: str
    batch: int = Field(default=50, ge=1)


class CountSpec(StrictModel):
    """A question of its own for how many records there are, with the same parameters and filters.

    Attributes:
        body: In place of the table's body.
        at: Path of the number in the answer.
    """

    path: str
    body: dict[str, Any] | None = None
    at: str


class RequestSpec(StrictModel):
    """`request:` of a table: the question, where records sit in the answer, and how it is paged.

    Placeholders in path, params and body: `{school_year}`, `{start_year}`, the days `{year_begins}` and
    `{year_ends_or_today}`, `{option:<name>}`, `{each:<name>}`. An item of a list in the body or of `each`
    that is one placeholder becomes as many items as its comma-separated value has. A parameter that is empty
    is not sent.

    Attributes:
        records: Path of the list in the body; "" when the body is the list.
        identity: Paths that tell one record from another; without them equal records are all kept.
        count: Asked for the number of records where no page tells it.
        each: The question is asked once for every combination of these.
        empty_is_missing: No record at all means not yet released.
    """

    path: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    records: str = ""
    identity: tuple[str, ...] = ()
    each: dict[str, tuple[str, ...] | FromTable] = Field(default_factory=dict)
    paging: Paging = Whole()
    count: CountSpec | None = None
    empty_is_missing: bool = False

    @model_validator(mode="after")
    def _body_is_posted(self) -> RequestSpec:
        if self.body is not None and self.method != "POST":
            raise ValueError("only POST has a body")
        return self

    def placeholders(self) -> set[str]:
        """Every placeholder that the question uses."""
        texts = [self.path, *self.params.values(), *_texts(self.body)]
        if self.count is not None:
            texts += [self.count.path, *_texts(self.count.body)]
        return {match[1] for text in texts for match in PLACEHOLDER.finditer(text)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def request_problem(api: ApiSpec | None, request: RequestSpec | None, tables: set[str]) -> str | None:
    """What is wrong with a table's request beside its source's api; None when it is sound."""
    if request is None:
        return None if api is None else "a table of an API needs a request"
    if api is None:
        return "a table has a request, and the source has no api"
    known = {*FILLED_BY_YEAR, *(f"option:{n}" for n in api.options), *(f"each:{n}" for n in request.each)}
    if strangers := request.placeholders() - known:
        return f"nothing fills {', '.join(sorted(strangers))}"
    for name, values in request.each.items():
        if isinstance(values, FromTable) and values.table not in tables:
            return f"each.{name} takes its values from a table that is not there: {values.table}"
    return None
