"""Fixtures of the tests of file transports: real servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from files_bench import Bench
from files_s3_server import S3Server
from files_sftp_server import SftpServer
from files_web_server import WebServer


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An invented source without an address."""
    return Bench(tmp_path)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is reached directly, whatever the machine's own proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A static web server."""
    server = WebServer()
    yield server
    server.stop()


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    """An SFTP server with an empty folder."""
    root, keys = tmp_path / "sftp-root", tmp_path / "sftp-keys"
    root.mkdir()
    keys.mkdir()
    server = SftpServer(root, keys)
    yield server
    server.stop()


@pytest.fixture
def s3() -> Iterator[S3Server]:
    """An S3-compatible store with an empty bucket."""
    server = S3Server()
    yield server
    server.stop()
