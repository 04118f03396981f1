"""Who asks: keys and OAuth tokens, never shown.

Put here: what is added to a request so that it is answered. Not here: where secrets are (`Wanted.secret`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from sources.api.spec import ApiKey, ApiSpec
from sources.transports.arrival import Wanted
from warehouse.model.errors import SpmError

# A token is renewed this long before it ends, so that it does not end under way.
EARLY_SECONDS = 60.0


@dataclass
class Credentials:
    """What is added to each request. Its text form holds no secret.

    Attributes:
        headers: Added to each request.
        query: Added to each address, and taken out of every link that a server sends.
    """

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)

    def prepare(self) -> None:
        """Make ready for a request."""

    def renew(self) -> bool:
        """After a refusal: whether asking again makes sense."""
        return False

    def holds(self, text: str) -> bool:
        """Whether a text is one of the secrets."""
        secrets = [*self.query.values(), *(v.removeprefix("Bearer ") for v in self.headers.values())]
        return text in secrets

    @property
    def query_names(self) -> frozenset[str]:
        """Names of parameters that hold a secret."""
        return frozenset(self.query)


class Token(Credentials):
    """An OAuth bearer token, fetched by `ask` when needed and renewed before it ends or when refused.

    Args:
        ask: Asks for a token with Basic user and password; gives the answer's JSON.
        clock: Monotonic seconds.
    """

    def __init__(
        self, ask: Callable[[], dict[str, Any]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._ask, self._clock = ask, clock
        self._ends = float("-inf")

    def prepare(self) -> None:
        """Fetch a token unless there is one that lasts."""
        if self._clock() >= self._ends:
            self.renew()

    def renew(self) -> bool:
        """Fetch a new token."""
        answer = self._ask()
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token:
            raise SpmError(
                "The token address gave no access_token",
                remedy="Look whether the address and the client's rights are right",
            )
        seconds = float(lasts) if isinstance(lasts, int | float) else 0.0
        # A token that ends soon, or does not say when, is used until it is refused.
        self._ends = self._clock() + seconds - EARLY_SECONDS if seconds > 2 * EARLY_SECONDS else float("inf")
        self.headers = {"Authorization": f"Bearer {token}"}
        return True


def key_credentials(api: ApiSpec, wanted: Wanted) -> Credentials:
    """Credentials that need no request of their own: a key, or none.

    Raises:
        SpmError: The key is needed and not there; names the variable, never a value.
    """
    auth = api.auth
    if not isinstance(auth, ApiKey):
        return Credentials()
    key = wanted.require_secret("api_key") if auth.required else wanted.secret("api_key")
    if key is None:
        return Credentials()
    if auth.header is not None:
        if not (key.isascii() and key.isprintable()):
            # The HTTP library would quote it where it refuses it.
            raise SpmError(
                f"{wanted.release.secrets['api_key']} holds a line break, or a letter that no key has",
                file="sources.yml",
                column=f"sources.{wanted.source.id}.releases.secrets.api_key",
                remedy="Set the variable to the key alone",
            )
        return Credentials(headers={auth.header: key})
    return Credentials(query={str(auth.query): key})


def client_pair(wanted: Wanted) -> httpx.BasicAuth:
    """The OAuth client's id and secret, as HTTP Basic sends them."""
    return httpx.BasicAuth(wanted.require_secret("client_id"), wanted.require_secret("client_secret"))
