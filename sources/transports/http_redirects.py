"""Where a request for a file may be sent on to, and who is told the password.

Put here: redirects and credentials of HTTP. Not here: what is asked (`http_files`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address

import httpx

from sources.transports.address import Address, public_url
from sources.transports.arrival import Wanted
from sources.transports.limits import option_error
from warehouse.model.errors import SpmError

MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Route:
    """An address, its credentials, and the hosts that it may be sent on to."""

    address: Address
    hosts: tuple[str, ...]
    credentials: Mapping[str, str] = field(repr=False)
    basic: tuple[str, str] | None = field(repr=False, default=None)

    @contextmanager
    def ask(self, client: httpx.Client, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The answer to a GET, after redirects. The body is not read yet.

        Raises:
            SpmError: It is sent on to a host that is not allowed, to an unprotected address, or in circles.
        """
        start = httpx.URL(self.address.real).copy_with(userinfo=b"", fragment=None)
        url, trusted = start, True
        for _ in range(MOST_REDIRECTS + 1):
            given = {**headers, **(self.credentials if trusted else {})}
            auth = httpx.BasicAuth(*self.basic) if trusted and self.basic else None
            # auth=None keeps httpx from taking one of its own out of the address.
            with client.stream("GET", url, headers=given, auth=auth) as response:
                location = response.headers.get("Location")
                if response.status_code not in REDIRECTS or location is None:
                    yield response
                    return
                url = self._next(url, location)
            # Once it left the place that the password is for, it is not told again.
            trusted = trusted and _is_home(start, url)
        raise self._refused(
            f"The server sends the request on more than {MOST_REDIRECTS} times", "is this meant?"
        )

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location).copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, ValueError):
            raise self._refused("The server sends the request on to an address that is none") from None
        if target.scheme not in ("http", "https") or (url.scheme, target.scheme) == ("https", "http"):
            raise self._refused(
                f"The server sends the request on to an unprotected address, {public_url(str(target))}"
            )
        known = (httpx.URL(self.address.real).host, *self.hosts)
        if not any(fnmatchcase(target.host.lower(), pattern.lower()) for pattern in known):
            raise self._refused(
                f"The server sends the request on to another host, {public_url(str(target))}",
                "add the host to options.redirect_hosts of the release; no password is told there",
            )
        return target

    def _refused(self, what: str, otherwise: str = "tell who runs the server") -> SpmError:
        return SpmError(
            what,
            file=self.address.shown,
            remedy=f"Correct the address in the agency's sources.yml, or {otherwise}",
        )


def route_of(wanted: Wanted, address: Address) -> Route:
    """The route to an address with the credentials and redirect hosts of its release.

    Secrets: `user` and `password`, or `token` (a bearer, or in the header that options.token_header names).

    Raises:
        SpmError: A variable that a secret names is not set, or a password would go over an open line.
    """
    options = wanted.release.options
    hosts = tuple(host.strip() for host in options.get("redirect_hosts", "").split(",") if host.strip())
    user, password, token = (wanted.secret(name) for name in ("user", "password", "token"))
    user = user if user is not None else address.user
    header = options.get("token_header")
    credentials = {}
    if token is not None:
        if not (token.isascii() and token.isprintable()):
            raise SpmError(
                f"{wanted.release.secrets['token']} holds a line break, or a letter that a token cannot have",
                file="sources.yml",
                column=f"sources.{wanted.source.id}.releases.secrets.token",
                remedy="Set the variable to the token alone",
            )
        credentials = {header: token} if header else {"Authorization": f"Bearer {token}"}
    basic = None if user is None and password is None else (user or "", password or "")
    if (credentials or basic) and not _is_protected(address) and options.get("plain_http") != "allowed":
        raise option_error(
            wanted,
            "plain_http",
            f"A password would go to {address.server} over a line that anybody can read",
            "Use https, or write plain_http: allowed where the network itself is protected",
        )
    return Route(address, hosts, credentials, basic)


def _is_protected(address: Address) -> bool:
    """Whether nobody on the way can read: https, or this very machine."""
    if address.scheme == "https" or address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False


def _is_home(start: httpx.URL, target: httpx.URL) -> bool:
    """Whether a target is the place that the credentials are for, or that place made safe."""
    if start.host != target.host:
        return False
    same = (start.scheme, _port(start)) == (target.scheme, _port(target))
    return same or (start.scheme, _port(start), target.scheme, _port(target)) == ("http", 80, "https", 443)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
