"""Objects of an S3-compatible store, through s3fs.

Put here: how a store is reached and what marks an object's version. Not here: what is fetched
(`remote_files`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import s3fs
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from fsspec.exceptions import FSTimeoutError

from sources.snapshot import Snapshot
from sources.transports.address import Address
from sources.transports.arrival import Wanted
from sources.transports.limits import Stumbled, limits_of, option_error
from sources.transports.remote_files import Seen
from warehouse.model.errors import SpmError


class S3Server:
    """One store, and one bucket of it.

    Options: `endpoint`, the store's base URL where it is not Amazon's; `region`; `credentials: machine` to
    use what the machine itself has been given (a role, a profile). Secrets: `key` and `secret`, with
    `session_token` where there is one. Without any of them the store is asked as anybody.
    """

    # Each piece is a request of its own: 32 MB came twice as fast as 8 MB from a store on this machine.
    piece_bytes = 32 * 1024 * 1024

    def __init__(self, wanted: Wanted, address: Address) -> None:
        self.wanted = wanted
        self.limits = limits_of(wanted)
        self._endpoint = _endpoint(wanted)
        self._name = urlsplit(self._endpoint or "").netloc or "Amazon S3"
        self._settings = _login(wanted)
        self._filesystem: Any = None

    def filesystem(self) -> Any:
        """The connection."""
        if self._filesystem is None:
            seconds = self.limits.timeout_seconds
            config = {
                "connect_timeout": seconds,
                "read_timeout": seconds,
                # One library retries, so that the agency's bounds hold: `limits`.
                "retries": {"total_max_attempts": 1},
                # A store of one's own seldom has a host name per bucket.
                "s3": {"addressing_style": "auto" if self._endpoint is None else "path"},
            }
            self._filesystem = s3fs.S3FileSystem(
                endpoint_url=self._endpoint,
                client_kwargs={"region_name": self.wanted.release.options.get("region", "us-east-1")},
                config_kwargs=config,
                use_listings_cache=False,
                skip_instance_cache=True,
                **self._settings,
            )
            self._filesystem.retries = 1
        return self._filesystem

    def reset(self) -> None:
        """Let go of the connection; s3fs closes it when it is collected."""
        self._filesystem = None

    def open(self, filesystem: Any, path: str) -> Any:
        """An object's bytes, piece by piece, all of one version: s3fs asks for each piece under its ETag."""
        return filesystem.open(path, "rb", cache_type="none")

    def path_of(self, address: Address) -> str:
        """Bucket and key."""
        return address.real.partition("://")[2]

    def address_of(self, address: Address, path: str) -> str:
        """An s3:// URL."""
        return address.sibling(path.partition("/")[2])

    def seen(self, path: str, info: Mapping[str, Any]) -> Seen:
        """An object by its ETag."""
        size, etag = int(info["size"]), info.get("ETag") or None
        return Seen(path, size, f"{size}-{etag}", etag, {"server": self._name, "size": str(size)})

    def is_current(self, seen: Seen, held: Snapshot) -> bool:
        """Whether the ETag, made of the object's bytes, is the one that was held."""
        return seen.etag is not None and seen.etag == held.etag and dict(seen.detail) == dict(held.detail)

    @contextmanager
    def trouble(self, shown: str) -> Iterator[None]:
        """Say what happened in words that hold no key."""
        try:
            yield
        except FileNotFoundError:
            raise
        except PermissionError:
            named = ", ".join(sorted(self.wanted.release.secrets.values()))
            raise SpmError(
                f"The store {self._name} does not let us have the object, or has none of this name",
                file=shown,
                remedy=f"Look whether {named or 'key and secret under secrets'} may read and list the bucket",
            ) from None
        except (ParamValidationError, ValueError):
            raise SpmError(
                f"The store {self._name} cannot have an object of this name",
                file=shown,
                remedy="Write s3://bucket/key, with a bucket's name as the store allows it",
            ) from None
        except (BotoCoreError, aiohttp.ClientError, OSError, FSTimeoutError) as problem:
            self.reset()
            raise Stumbled(f"The store {self._name} {_words(problem)}") from None


def _endpoint(wanted: Wanted) -> str | None:
    named = wanted.release.options.get("endpoint")
    if named is None:
        return None
    endpoint = wanted.expand(named)
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise option_error(
            wanted,
            "endpoint",
            "The endpoint is no base URL of a store",
            "Write it such as https://store.example",
        )
    return endpoint


def _login(wanted: Wanted) -> dict[str, Any]:
    key, secret, token = (wanted.secret(name) for name in ("key", "secret", "session_token"))
    if (key is None) != (secret is None):
        raise SpmError(
            f"{wanted.source.spec.title} has a key without a secret, or the other way round",
            file="sources.yml",
            column=f"sources.{wanted.source.id}.releases.secrets",
            remedy="Name the environment variables of both",
        )
    credentials = wanted.release.options.get("credentials")
    if credentials not in (None, "machine"):
        raise option_error(wanted, "credentials", "The option can only be machine", "Leave it out")
    if key is not None:
        return {"key": key, "secret": secret, "token": token}
    return {"anon": credentials is None}


def _words(problem: BaseException) -> str:
    if isinstance(problem, (ReadTimeoutError, ConnectTimeoutError, FSTimeoutError, TimeoutError)):
        return "is silent for too long"
    if isinstance(problem, EndpointConnectionError):
        return "cannot be reached"
    return f"broke off ({type(problem).__name__})"
