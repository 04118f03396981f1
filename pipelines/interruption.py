"""Ctrl-C and SIGTERM: how a refresh learns that it shall stop, and what it may not leave behind.

Put here: what counts as an interruption, and what it must not leave behind. Not here: the order of the work
(`refresh`), what the command line says of it (`cli`).

An exception alone will not do. Dagster turns an interruption into the end of one run, and DuckDB turns it
into `RuntimeError('Query interrupted')`, after which Dagster goes on with the next step and a check counts as
crashed. So the system itself notes each signal here (`signal.set_wakeup_fd`), whoever handles it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assets.gate import RESULTS
from assets.home import Home
from assets.lake import Node
from assets.timing import Part, Timings
from pipelines.findings import nodes_of

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """Somebody, or the system, stopped the work.

    Args:
        number: The signal.
        published: The release that was published before, if one was.
    """

    def __init__(self, number: int, published: int | None = None) -> None:
        self.number = number
        done = "nothing was published" if published is None else f"release {published} had been published"
        super().__init__(
            f"stopped by {signal.Signals(number).name}; {done}, and what was accepted before stays. "
            "Run the command again to go on"
        )

    @property
    def exit_code(self) -> int:
        """What shells expect of a program that a signal stopped."""
        return 128 + self.number


class Interruption:
    """Whether one of `SIGNALS` has arrived while it was watched for.

    `published` is the release that the work has published so far.
    """

    def __init__(self) -> None:
        self.published: int | None = None
        self._number: int | None = None
        self._noted: socket.socket | None = None

    @property
    def number(self) -> int | None:
        """The first signal that arrived."""
        if self._noted is not None and self._number is None:
            with contextlib.suppress(BlockingIOError):
                arrived = self._noted.recv(4096)
                self._number = next((n for n in arrived if n in SIGNALS), None)
        return self._number

    def note(self, number: int) -> None:
        """Count as interrupted, though no signal was seen here."""
        self._number = self.number or number

    def stop_if_any(self) -> None:
        """End the work if a signal has arrived.

        Raises:
            Interrupted: One has.
        """
        if self.number is not None:
            raise Interrupted(self.number, self.published)

    @contextmanager
    def watch(self) -> Iterator[Interruption]:
        """Watch for signals; only a main thread can, elsewhere nothing is ever seen.

        Raises:
            Interrupted: A signal arrived, in place of whatever exception it became.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        noted, noting = socket.socketpair()
        for end in (noted, noting):
            end.setblocking(False)
        self._noted = noted
        wakeup = signal.set_wakeup_fd(noting.fileno(), warn_on_full_buffer=False)
        handler = signal.getsignal(signal.SIGTERM)
        if handler == signal.SIG_DFL:  # it would end the process at once, its lock and runs left lying about
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        unraisable = sys.unraisablehook
        sys.unraisablehook = self._untold(unraisable)
        try:
            yield self
        except Interrupted:
            raise
        except BaseException:
            self.stop_if_any()
            raise
        finally:
            sys.unraisablehook = unraisable
            signal.signal(signal.SIGTERM, handler)
            signal.set_wakeup_fd(wakeup)
            noted.close()
            noting.close()
            self._noted = None

    def _untold(self, hook: Callable[[sys.UnraisableHookArgs], object]) -> Callable[..., object]:
        """Python prints an interruption that arrives while it tidies up; it is told once, at the end."""

        def tell(problem: sys.UnraisableHookArgs) -> None:
            if self.number is None or issubclass(problem.exc_type, Exception):
                hook(problem)

        return tell


class StoppableTimings(Timings):
    """Timings that let no step begin after an interruption: every step begins by measuring itself."""

    def __init__(self, interruption: Interruption, before_step: Callable[[], None]) -> None:
        super().__init__()
        self._interruption, self._before_step = interruption, before_step

    @contextmanager
    def measure(self, part: Part) -> Iterator[None]:
        """Add the time of the block to a part.

        Raises:
            Interrupted: The work shall stop.
        """
        self._interruption.stop_if_any()
        self._before_step()
        with super().measure(part):
            yield


class LakeMemory:
    """What the lake said of the tables of one school year when the last step began.

    A step that was interrupted may have noted a failure, and a check that it crashed, which would be
    remembered as its verdict. Neither is true of the data.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._year: int | None = None
        self._nodes = [node for node, _ in nodes_of(home)]
        self._said: dict[Path, bytes | None] = {}
        self._seen: dict[Path, tuple[int, int, int] | None] = {}

    def begin(self, year: int | None) -> None:
        """Remember a year's tables from now on; None forgets."""
        self._year, self._said, self._seen = year, {}, {}
        self.look()

    def look(self) -> None:
        """Remember what the lake says now; what stands there untouched since the last look is known."""
        if self._year is None:
            return
        for path in (path for node in self._nodes for path in self._facts(node)):
            mark = _mark_of(path)
            if path not in self._said or mark != self._seen[path]:
                # The mark comes first: what is written in between is then looked at again.
                self._said[path], self._seen[path] = _bytes_of(path), mark

    def restore(self) -> None:
        """Let the tables that have failed since say again what they said."""
        for node in self._nodes:
            paths = self._facts(node)
            state = self._home.lake.state(node, self._year)
            is_new = _bytes_of(paths[0]) != self._said.get(paths[0])
            if is_new and state is not None and not state.is_good:
                for path in paths:
                    _write_back(path, self._said.get(path))

    def _facts(self, node: Node) -> tuple[Path, Path]:
        folder = self._home.lake.folder(node, self._year)
        return folder / "state.json", folder / f"{RESULTS}.json"


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written anew: the lake replaces files and never writes into one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(b"")
    if path.exists():
        shutil.copymode(path, temporary)
    temporary.write_bytes(content)
    temporary.replace(path)
