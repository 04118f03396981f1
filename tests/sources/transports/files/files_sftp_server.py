"""A real SFTP server on loopback (asyncssh), for a folder of its own, that can be told to misbehave."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

USER, PASSWORD = "drop-reader", "correct-horse-battery-8417"


@dataclass
class Behaviour:
    """What goes wrong: connections cut after so many bytes read, one number a connection; a delay; growth."""

    cuts: list[int] = field(default_factory=list)
    silence: float = 0.0
    grows: Path | None = None
    refuses: str | None = None


class SftpServer:
    """An SFTP server whose root is `root`; it counts connections, what is asked, and where reading begins."""

    def __init__(self, root: Path, keys: Path) -> None:
        self.root = root
        self.behaviour = Behaviour()
        self.asked: list[tuple[str, str]] = []
        self.starts: list[int] = []
        self.connections = 0
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.key_file = keys / "client_key"
        self.client_key.write_private_key(str(self.key_file))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        self.known_hosts = keys / "known_hosts"
        public = self.host_key.export_public_key().decode()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}")

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def close(self) -> None:
        """Listen no more."""
        self._call(self._close())

    async def _close(self) -> None:
        self._server.close()

    def forget(self) -> None:
        self.asked.clear()
        self.connections = 0

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.host_key],
            server_factory=lambda: _Login(self),
            sftp_factory=lambda channel: _Folder(self, channel),
        )


class _Login(asyncssh.SSHServer):
    def __init__(self, owner: SftpServer) -> None:
        self.owner = owner

    def connection_made(self, connection) -> None:
        self.owner.connections += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key) -> bool:
        return username == USER and key == self.owner.client_key.convert_to_public()


class _Folder(asyncssh.SFTPServer):
    def __init__(self, owner: SftpServer, channel) -> None:
        super().__init__(channel, chroot=str(owner.root))
        self.owner = owner
        self.its_connection = channel.get_connection()
        self.begun = False
        self.left = owner.behaviour.cuts.pop(0) if owner.behaviour.cuts else None

    def _note(self, what: str, path: bytes) -> None:
        self.owner.asked.append((what, path.decode()))

    def stat(self, path: bytes):
        self._note("stat", path)
        return super().stat(path)

    def scandir(self, path: bytes):
        self._note("list", path)
        if self.owner.behaviour.refuses == path.decode():
            raise asyncssh.SFTPPermissionDenied("no")
        return super().scandir(path)

    def open(self, path: bytes, pflags, attrs):
        self._note("open", path)
        if self.owner.behaviour.refuses == path.decode():
            raise asyncssh.SFTPPermissionDenied("no")
        return super().open(path, pflags, attrs)

    async def read(self, file_obj, offset: int, size: int):
        if self.owner.behaviour.silence:
            await asyncio.sleep(self.owner.behaviour.silence)
        if self.owner.behaviour.grows is not None:
            with self.owner.behaviour.grows.open("ab") as grown:
                grown.write(b"0000099,Late School,1,1.0,x\n")
        if not self.begun:
            self.begun = True
            self.owner.starts.append(offset)
        data = super().read(file_obj, offset, size)
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                self.its_connection.abort()
        return data
