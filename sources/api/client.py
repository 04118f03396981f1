"""Ask an HTTP API one question: wait one's turn, repeat for a while what failed, read JSON, tell no secret.

Put here: one request and its answer. Not here: what is asked (`rest`, `edfi`), how pages follow (`paging`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import stamina

from sources.api.credentials import Credentials, Token, client_pair, key_credentials
from sources.api.failures import Passing, failures_pass, no_library_logs, parse_json, whether_to_repeat
from sources.api.pace import Pace
from sources.api.place import base_address, place_of, spool_folder
from sources.api.private import private_folder
from sources.api.retry_after import asked_wait
from sources.api.spec import ApiSpec, OAuth, Patience
from sources.transports.arrival import Missing, Wanted
from warehouse.model.errors import SpmError

PASSING = frozenset({408, 425, 500, 501, 502, 503, 504})
TOO_MANY = 429
REFUSED = frozenset({401, 403})
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Answer:
    """A response: its JSON, its headers, and its status."""

    status: int
    headers: httpx.Headers
    body: Any


class StatusError(SpmError):
    """The API answered with a status that repeating does not mend."""

    def __init__(self, status: int, what: str, *, remedy: str, file: str) -> None:
        super().__init__(what, remedy=remedy, file=file)
        self.status = status


class ApiClient:
    """A connection to one API for one fetch.

    Attributes:
        base: The base address, without a slash at its end.
        place: The base as people know it: what sources.yml says.
        requests: How many were sent, tokens and repetitions too.
    """

    def __init__(self, api: ApiSpec, wanted: Wanted, *, session: httpx.Client, pace: Pace) -> None:
        self.api, self.wanted = api, wanted
        self.base = base_address(wanted)
        self.place = place_of(wanted)
        self.title = wanted.source.spec.title
        self.requests = 0
        self._session, self._pace = session, pace
        self._patience: Patience = api.patience
        self.token_address = ""
        if isinstance(api.auth, OAuth):
            self.token_address = self.base + api.auth.token_path
            self.credentials: Credentials = Token(self._ask_token)
        else:
            self.credentials = key_credentials(api, wanted)

    def ask(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        openly: bool = False,
    ) -> Answer:
        """Ask, as one who may.

        Args:
            method: GET or POST.
            address: The whole address without secrets; always of the API's own host.
            params: The query.
            body: JSON to post.
            headers: Beside those of the API.
            openly: Without credentials.

        Raises:
            Missing: 404: there is nothing (yet).
            SpmError: It failed for good, or for as long as we are patient.
        """
        self._require_own_host(address)

        def send() -> Answer:
            if openly:
                return self._send(method, address, params, body, headers, openly=True)
            self.credentials.prepare()
            answer = self._send(method, address, params, body, headers)
            if answer.status == 401 and self.credentials.renew():
                answer = self._send(method, address, params, body, headers)
            return answer

        answer = self._patiently(send)
        if answer.status == 404:
            raise Missing(f"{self.title}: nothing there (404)", file=self.shown(address), remedy=_LATER)
        if answer.status >= 400 or answer.status < 200 or 300 <= answer.status < 400:
            raise self._status_error(answer.status, address)
        return answer

    def shown(self, address: str) -> str:
        """An address as messages tell it: without query, and as sources.yml writes its base."""
        plain = address.split("?", 1)[0]
        return self.place + plain[len(self.base) :] if plain.startswith(self.base) else plain

    def without_secrets(self, link: str) -> str:
        """A link that the server sent, without the parameters that hold our secrets."""
        url = httpx.URL(link)
        ours = self.credentials
        # Some servers write the key into their links under whatever name.
        kept = [
            (name, value)
            for name, value in url.params.multi_items()
            if name not in ours.query_names and not ours.holds(value)
        ]
        return str(url.copy_with(params=kept or None))

    def own_link(self, link: str) -> str:
        """A link that the server sent, made whole and held to its own host.

        Raises:
            SpmError: It leads elsewhere: our key would go to a stranger.
        """
        whole = str(httpx.URL(self.base + "/").join(link))
        self._require_own_host(whole)
        return self.without_secrets(whole)

    def _require_own_host(self, address: str) -> None:
        ours, theirs = httpx.URL(self.base), httpx.URL(address)
        if (ours.scheme, ours.host, ours.port) != (theirs.scheme, theirs.host, theirs.port):
            raise SpmError(
                f"{self.title}: a link leads to another host ({theirs.scheme}://{theirs.host})",
                file=self.place,
                remedy="Ask who runs the API; if its address has changed, correct api in sources.yml",
            )

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        patience = self._patience
        longest = patience.attempts * (patience.read + patience.longest_asked_wait + patience.longest_wait)
        try:
            for attempt in stamina.retry_context(
                on=whether_to_repeat,
                attempts=patience.attempts,
                timeout=longest,
                wait_initial=patience.first_wait,
                wait_max=patience.longest_wait,
                wait_jitter=patience.first_wait,
            ):
                with attempt:
                    return send()
        except Passing as problem:
            raise SpmError(
                f"{self.title}: {problem}, {patience.attempts} times",
                file=self.place,
                remedy="Refresh again later; pages that were received are kept and not asked for again",
            ) from None
        raise AssertionError("retry_context gives a result or raises")

    def _send(
        self,
        method: str,
        address: str,
        params: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        auth: httpx.BasicAuth | None = None,
        form: Mapping[str, str] | None = None,
        openly: bool = False,
    ) -> Answer:
        self._pace.wait()
        self.requests += 1
        url = httpx.URL(address)
        own: Mapping[str, str] = {} if openly else self.credentials.headers
        query = {} if openly else self.credentials.query
        merged = url.params.merge({**(params or {}), **query})
        url = url.copy_with(params=merged) if merged else url
        sent = {"Accept": "application/json", **self.api.headers, **(headers or {}), **own}
        with (
            no_library_logs(),
            failures_pass(),
            self._session.stream(
                method,
                url,
                headers=sent,
                json=body,
                data=form,
                auth=auth,
                follow_redirects=False,
            ) as response,
        ):
            return self._read(response, address)

    def _read(self, response: httpx.Response, address: str) -> Answer:
        status = response.status_code
        if status == TOO_MANY:
            raise Passing("it asks us to slow down (429)", self._asked_wait(response))
        if status in PASSING:
            raise Passing(f"it answers with status {status}", self._asked_wait(response))
        if status >= 300 or status == 204:
            return Answer(status, response.headers, None)
        raw = bytearray()
        for chunk in response.iter_bytes(_CHUNK):
            raw += chunk
            if len(raw) > self._patience.page_bytes:
                raise SpmError(
                    f"{self.title}: one page is larger than {self._patience.page_bytes} bytes",
                    file=self.shown(address),
                    remedy="Ask for smaller pages in source.yml, or raise page_bytes there",
                )
        return Answer(status, response.headers, self._parse(bytes(raw), address))

    def _parse(self, raw: bytes, address: str) -> Any:
        try:
            return parse_json(raw)
        except (ValueError, RecursionError):
            # The parser's words quote nothing, but its position would help nobody: the page is gone.
            raise SpmError(
                f"{self.title}: the answer is not JSON ({len(raw)} bytes)",
                file=self.shown(address),
                remedy="Look whether api in sources.yml is right, or whether a login page answers there",
            ) from None

    def _asked_wait(self, response: httpx.Response) -> float | None:
        wait = asked_wait(response.headers.get("Retry-After"))
        if wait is not None and wait > self._patience.longest_asked_wait:
            raise SpmError(
                f"{self.title}: it asks us to come back in {wait:.0f} seconds",
                file=self.place,
                remedy="Refresh again then; pages that were received are kept and not asked for again",
            )
        return wait

    def _ask_token(self) -> dict[str, Any]:
        self._require_own_host(self.token_address)
        answer = self._send(
            "POST",
            self.token_address,
            None,
            None,
            None,
            auth=client_pair(self.wanted),
            form={"grant_type": "client_credentials"},
            openly=True,
        )
        if answer.status >= 300 or not isinstance(answer.body, dict):
            raise self._status_error(answer.status, self.token_address)
        return answer.body

    def _status_error(self, status: int, address: str) -> SpmError:
        if status in REFUSED:
            names = ", ".join(self.wanted.release.secrets.values()) or "a key"
            remedy = f"Look whether {names} is right and has not expired"
        elif 300 <= status < 400:
            remedy = "The API has moved; correct api in sources.yml"
        else:
            remedy = (
                "Look whether the request in source.yml and the options in sources.yml are what the API takes"
            )
        return StatusError(
            status,
            f"{self.title}: the API refuses the question (status {status})",
            remedy=remedy,
            file=self.shown(address),
        )


_LATER = "If it is not out yet, there is nothing to do; else correct api or options in sources.yml"


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Whom HTTPS trusts, as httpx has it by default; read once and not for every connection."""
    return httpx.create_ssl_context()


@contextmanager
def connect(api: ApiSpec, wanted: Wanted) -> Iterator[ApiClient]:
    """A client for the time of one fetch."""
    patience = api.patience
    timeout = httpx.Timeout(patience.read, connect=patience.connect)
    spool = private_folder(spool_folder(wanted))
    pace = Pace(api.rate, spool / "requests.json", wanted.source.spec.title)
    with httpx.Client(timeout=timeout, verify=_certificates()) as session:
        yield ApiClient(api, wanted, session=session, pace=pace)
