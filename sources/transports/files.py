"""Files: the addresses of a release, each brought by the module of its protocol.

Put here: which module brings which address. Not here: the protocols (`local_files`, `http_files`,
`sftp_files`, `s3_files`), keeping what came (`snapshot`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from sources.transports.address import Address, address_of
from sources.transports.arrival import Arrival, Wanted
from sources.transports.found import without_ignored
from sources.transports.limits import require_known_options
from sources.transports.local_files import local_arrivals
from sources.transports.remote_files import Server, remote_arrivals
from warehouse.model.errors import SpmError

OPTIONS = frozenset(
    {
        *("max_bytes", "attempts", "retry_wait_seconds", "timeout_seconds"),
        *("redirect_hosts", "token_header", "plain_http"),
        *("known_hosts", "host_key_check"),
        *("endpoint", "region", "credentials"),
    }
)


def arrivals(wanted: Wanted) -> Iterator[Arrival]:
    """The files of a release, in order of table and address.

    Addresses are paths below the data root, or URLs: `https://`, `http://`, `sftp://`, `s3://`. Each file is
    brought when it is asked for, and its temporary copy is gone once the next one is asked for.

    Raises:
        Missing: An address or pattern matches no file.
        SpmError: Every file of a pattern is one that the source leaves out, an address cannot be reached, or
            an option is none.
    """
    require_known_options(wanted, OPTIONS)
    files = wanted.release.files
    by_table = files if isinstance(files, dict) else {"": files}
    with ExitStack() as connections:
        # One connection serves all files of a server.
        servers: dict[str, Server] = {}
        for table, patterns in by_table.items():
            for pattern in patterns:
                address = address_of(wanted, pattern)
                if address.scheme in ("sftp", "s3"):
                    name = f"{address.scheme}://{address.parts.netloc}"
                    if name not in servers:
                        servers[name] = _server(wanted, address)
                        connections.callback(servers[name].reset)
                    yield from remote_arrivals(wanted, table, address, servers[name])
                else:
                    yield from _without_listing(wanted, table, address)


def _without_listing(wanted: Wanted, table: str, address: Address) -> Iterator[Arrival]:
    if address.scheme == "":
        yield from local_arrivals(wanted, table, address.real)
        return
    if address.scheme not in ("http", "https"):
        raise SpmError(
            "No transport brings this kind of address",
            file=address.shown,
            remedy="Use a path below the data folder, or https://, sftp:// or s3://",
        )
    from sources.transports.http_files import arrival  # only who asks the web pays for its libraries

    without_ignored(wanted, address.shown, [(address.shown, address.real)])
    file = wanted.folder / "download"
    yield arrival(wanted, table, address, file)
    for left in wanted.folder.glob("download*"):
        left.unlink()


def _server(wanted: Wanted, address: Address) -> Server:
    if address.scheme == "sftp":
        from sources.transports.sftp_files import SftpServer

        return SftpServer(wanted, address)
    from sources.transports.s3_files import S3Server

    return S3Server(wanted, address)
