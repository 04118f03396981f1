"""Addresses: as the machine needs them, and as people may see them.

Put here: what of an address is shown, and what of it is secret. Not here: any request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from sources.transports.arrival import Wanted
from warehouse.model.errors import SpmError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# Names of query parameters that hold a secret wherever they occur.
_SECRET_NAME = re.compile(
    r"(.*[-_])?(api[-_]?key|(access[-_]?)?token|secret|password|passwd|pwd|sig|signature|credential)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Address:
    """One address of a release.

    Attributes:
        shown: For people, receipts and errors: without user, password or secret of the query, and with what
            came from the environment under its variable's name, so that it stays the same from machine to
            machine.
        scheme: Such as `https`; "" for a file below the data root.
        real: With everything filled in; never shown.
        variables: What came from the environment, by name; never shown.
    """

    shown: str
    scheme: str
    real: str = field(repr=False)
    variables: dict[str, str] = field(repr=False, default_factory=dict)

    @property
    def parts(self) -> SplitResult:
        """The real address in its parts."""
        return urlsplit(self.real)

    @property
    def host(self) -> str:
        """The host's name; no secret."""
        return self.parts.hostname or ""

    @property
    def server(self) -> str:
        """Host and port, as messages and receipts name the other side."""
        return f"{self.host}:{self.parts.port or DEFAULT_PORTS.get(self.scheme, '')}".rstrip(":")

    @property
    def path(self) -> str:
        """The path of a file on an SFTP server or of an object: letter by letter, nothing is an escape."""
        return self.real.partition("://")[2].partition("/")[2]

    @property
    def user(self) -> str | None:
        """The user that the address names, if any."""
        return None if self.parts.username is None else unquote(self.parts.username)

    def sibling(self, path: str) -> str:
        """How another file of the same server is shown, found by a pattern."""
        authority = self.parts.netloc.rpartition("@")[2]
        return self._hide(f"{self.scheme}://{authority}/{path.lstrip('/')}")

    def _hide(self, text: str) -> str:
        for name, value in sorted(self.variables.items(), key=lambda item: -len(item[1])):
            # A user before the host is not shown, even where a variable holds it.
            text = text.replace(_without_user(value), f"${{{name}}}")
        return text


DEFAULT_PORTS = {"http": 80, "https": 443, "sftp": 22}


def address_of(wanted: Wanted, pattern: str) -> Address:
    """The address that a pattern of the release stands for.

    Raises:
        SpmError: A variable is not set, or the address holds a password.
    """
    real = wanted.expand(pattern)
    scheme = match[1].lower() if (match := _URL.match(real)) else ""
    if not scheme:
        return Address(real, "", real)
    variables = {name: wanted.expand(f"${{{name}}}") for name in _VARIABLE.findall(pattern)}
    # Only what stands between the variables is filled in, so that none of their values is shown.
    pieces = re.split(r"(\$\{[A-Za-z_][A-Za-z0-9_]*\})", pattern)
    template = "".join(piece if _VARIABLE.fullmatch(piece) else wanted.expand(piece) for piece in pieces)
    is_web = scheme in ("http", "https")
    shown = _without_user(template)
    address = Address(shown.partition("#")[0] if is_web else shown, scheme, real, variables)
    _require_parts(wanted, address)
    if address.parts.password is not None or (is_web and _tells_secret(template)):
        raise SpmError(
            "The address of a file holds a password or key",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.files",
            remedy="Keep it in an environment variable, named under secrets or in the address as ${NAME}",
        )
    return address


def public_url(url: str) -> str:
    """A URL that a server named, without user, query and fragment, which may hold a signature."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _require_parts(wanted: Wanted, address: Address) -> None:
    """Refuse an address without a host, or with a port that is no number."""
    try:
        is_whole = bool(address.host) and address.parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SpmError(
            "The address of a file is not one",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.files",
            value=address.shown,
            remedy="Write it such as https://host/path, or as a path below the data folder",
        )


def _tells_secret(template: str) -> bool:
    """Whether a query gives a secret's value as it stands, and not by its variable."""
    pairs = (pair.partition("=") for pair in urlsplit(template).query.split("&"))
    return any(_SECRET_NAME.fullmatch(name) and value and "${" not in value for name, _, value in pairs)


def _without_user(text: str) -> str:
    match = _URL.match(text)
    if match is None:
        return text
    authority, slash, rest = text[match.end() :].partition("/")
    return f"{match[0]}{authority.rpartition('@')[2]}{slash}{rest}"
