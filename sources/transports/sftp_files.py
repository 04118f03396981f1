"""Files of an SFTP server, through sshfs (asyncssh).

sshfs and not fsspec's own SFTP: that one is built on paramiko and takes any unknown host key by default.
Put here: how an SFTP server is reached and trusted. Not here: what is fetched (`remote_files`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
from fsspec.exceptions import FSTimeoutError
from sshfs import SSHFileSystem

from sources.snapshot import Snapshot
from sources.transports.address import Address
from sources.transports.arrival import Wanted
from sources.transports.limits import Stumbled, closing, limits_of, option_error
from sources.transports.remote_files import Seen
from warehouse.model.errors import SpmError

# Times are whole seconds, of another machine's clock: a file that young may change again unseen.
SAFE_AGE_SECONDS = 60
KEEPALIVE_SECONDS = 15
CLOSE_SECONDS = 2


class SftpServer:
    """One SFTP server.

    The server is known by its host key: options.known_hosts names a file of the form of OpenSSH, relative to
    the data root or from the root of the machine. Without it nothing is sent, unless options.host_key_check
    is `off`: then whoever answers gets the password.

    Secrets: `user`, and `password` or `key_file` (a private key's file), with `passphrase` where it has one.
    Nothing else is tried: no agent, no key or setting of the account that runs the pipeline.
    """

    # One piece must come within timeout_seconds: also over a line of 100 KB a second.
    piece_bytes = 4 * 1024 * 1024

    def __init__(self, wanted: Wanted, address: Address) -> None:
        self.wanted = wanted
        self.address = address
        self.limits = limits_of(wanted)
        self._settings = _login(wanted, address) | {"known_hosts": _known_hosts(wanted, address)}
        self._filesystem: Any = None

    def filesystem(self) -> Any:
        """The connection."""
        if self._filesystem is None:
            self._filesystem = _TimedFileSystem(
                self.address.host,
                port=self.address.parts.port or 22,
                seconds=self.limits.timeout_seconds,
                keepalive_interval=KEEPALIVE_SECONDS,
                skip_instance_cache=True,
                **self._settings,
            )
        return self._filesystem

    def reset(self) -> None:
        """Close the connection."""
        if self._filesystem is not None:
            filesystem, self._filesystem = self._filesystem, None
            closing(lambda: filesystem.loop.call_soon_threadsafe(filesystem.client.close))()

    @contextmanager
    def open(self, filesystem: Any, path: str) -> Iterator[Any]:
        """A file's bytes."""
        file = filesystem.open(path, "rb")
        try:
            yield _TimedReads(file, self.limits.timeout_seconds)
        finally:
            closing(lambda: file._close(timeout=CLOSE_SECONDS))()

    def path_of(self, address: Address) -> str:
        """From the server's root; `~/` begins at the user's own folder."""
        return address.path.removeprefix("~/") if address.path.startswith("~/") else f"/{address.path}"

    def address_of(self, address: Address, path: str) -> str:
        """A URL without user."""
        return address.sibling(path if path.startswith("/") else f"~/{path}")

    def seen(self, path: str, info: Mapping[str, Any]) -> Seen:
        """A file by its size and time, all that SFTP tells."""
        changed = info["mtime"]
        mtime = "" if changed is None else str(int(changed.timestamp()))
        looked = datetime.now(UTC).isoformat(timespec="seconds")
        detail = {"server": self.address.server, "mtime": mtime, "size": str(info["size"]), "looked": looked}
        return Seen(path, int(info["size"]), f"{info['size']}-{mtime}", None, detail)

    def is_current(self, seen: Seen, held: Snapshot) -> bool:
        """Whether size and time are those that were held, and the file was old enough when it was fetched."""
        names = ("server", "mtime", "size")
        if not seen.detail["mtime"] or any(held.detail.get(n) != seen.detail[n] for n in names):
            return False
        looked = datetime.fromisoformat(held.detail["looked"]).timestamp()
        return looked - int(held.detail["mtime"]) >= SAFE_AGE_SECONDS

    @contextmanager
    def trouble(self, shown: str) -> Iterator[None]:
        """Say what happened in words that hold no password."""
        try:
            yield
        except FileNotFoundError:
            raise
        except asyncssh.HostKeyNotVerifiable:
            raise self._error(
                "is not the one that is known: its host key is not in the known hosts file",
                shown,
                "Ask who runs it for the new host key by another way, and add it to the file",
            ) from None
        except (asyncssh.SFTPPermissionDenied, asyncssh.PermissionDenied, PermissionError) as problem:
            is_file = isinstance(problem, asyncssh.SFTPPermissionDenied)
            what = "does not let us have the file" if is_file else "does not let us in"
            named = ", ".join(sorted(self.wanted.release.secrets.values())) or "user, password or key_file"
            raise self._error(what, shown, f"Look whether {named} still hold") from None
        except (asyncssh.Error, OSError, FSTimeoutError) as problem:
            self.reset()
            raise Stumbled(f"The server {self.address.server} {_words(problem)}") from None

    def _error(self, what: str, shown: str, remedy: str) -> SpmError:
        return SpmError(f"The server {self.address.server} {what}", file=shown, remedy=remedy)


class _TimedFileSystem(SSHFileSystem):  # type: ignore[misc]
    """Every question has its time limit; sshfs has one for connecting alone."""

    def __init__(self, host: str, *, seconds: float, **settings: Any) -> None:
        self._seconds = seconds
        super().__init__(host, timeout=seconds, connect_timeout=seconds, login_timeout=seconds, **settings)

    async def _info(self, path: str, **given: Any) -> Any:
        return await asyncio.wait_for(super()._info(path, **given), self._seconds)

    async def _ls(self, path: str, **given: Any) -> Any:
        return await asyncio.wait_for(super()._ls(path, **given), self._seconds)


class _TimedReads:
    """A file whose reads have a time limit, which sshfs passes on to fsspec."""

    def __init__(self, file: Any, seconds: float) -> None:
        self._file = file
        self._seconds = seconds

    def read(self, size: int) -> bytes:
        chunk: bytes = self._file.read(size, timeout=self._seconds)
        return chunk

    def seek(self, position: int) -> None:
        self._file.seek(position, timeout=self._seconds)


def _login(wanted: Wanted, address: Address) -> dict[str, Any]:
    key_file, password = wanted.secret("key_file"), wanted.secret("password")
    user = wanted.secret("user") or address.user
    if user is None or (key_file is None and password is None):
        raise SpmError(
            f"{wanted.source.spec.title} needs a user, and a password or key_file",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.secrets",
            remedy="Name the variables that hold them, such as {user: DROP_USER, password: DROP_PASSWORD}",
        )
    return {
        "username": user,
        "password": password,
        "client_keys": _keys(wanted, key_file) if key_file is not None else None,
        "agent_path": None,
        "config": [],
        "gss_host": None,
    }


def _keys(wanted: Wanted, key_file: str) -> list[asyncssh.SSHKey]:
    try:
        return [asyncssh.read_private_key(key_file, passphrase=wanted.secret("passphrase"))]
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as problem:
        raise SpmError(
            f"The private key cannot be read ({type(problem).__name__})",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.secrets.key_file",
            remedy=f"Let {wanted.release.secrets['key_file']} name its file, and name its passphrase too",
        ) from None


def _known_hosts(wanted: Wanted, address: Address) -> Any:
    """What asyncssh takes as known hosts; None, which asks nobody, only where the agency says so."""
    check = wanted.release.options.get("host_key_check", "on")
    if check not in ("on", "off"):
        raise option_error(wanted, "host_key_check", "The option is neither on nor off", "Leave it out")
    if check == "off":
        return None
    named = wanted.release.options.get("known_hosts")
    if named is None:
        raise option_error(
            wanted,
            "known_hosts",
            f"Nothing tells whether {address.server} is the server that is meant",
            "Ask who runs it for its host key, and name a file that holds it, as OpenSSH's known_hosts does",
        )
    file = Path(wanted.data_root) / wanted.expand(named)
    try:
        return asyncssh.read_known_hosts(str(file))
    except (OSError, ValueError):
        raise option_error(
            wanted, "known_hosts", "The known hosts file cannot be read", "Look at its path and its lines"
        ) from None


def _words(problem: BaseException) -> str:
    if isinstance(problem, (FSTimeoutError, TimeoutError)):
        return "is silent for too long"
    if isinstance(problem, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(problem, socket.gaierror):
        return "is not known by this name"
    return f"broke the connection ({type(problem).__name__})"
