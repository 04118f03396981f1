"""How much and how long a transfer may take, as `options` of a release say it.

Put here: bounds on size, time and attempts, and the room on the disk. Not here: any protocol.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from sources.descriptors import is_own_descriptor
from sources.own_headers import is_own_header
from sources.transports.arrival import Wanted
from warehouse.model.errors import SpmError

# What a transfer may leave free: a full disk stops more than this one source.
SPARE_BYTES = 256 * 1024 * 1024
LONGEST_WAIT_SECONDS = 60.0
# Bytes come to a temporary file first and are then kept: for a moment they are there twice.
COPIES = 2


_log = logging.getLogger(__name__)


class Stumbled(Exception):
    """A transfer ended early or was turned away for now: another attempt may help.

    Says what happened in words that hold no address and no secret, because retries are logged.
    """

    def __init__(self, what: str, *, wait: float | None = None) -> None:
        self.what = what
        self.wait = wait
        super().__init__(what)


@dataclass(frozen=True)
class Limits:
    """Bounds of one release.

    Attributes:
        max_bytes: The largest file that is taken; also what a compressed transfer may unfold to.
        attempts: How often a transfer is begun or resumed before it is given up.
        retry_wait_seconds: The first wait between attempts; it doubles up to a minute.
        timeout_seconds: How long the other side may be silent.
    """

    max_bytes: int = 20_000_000_000
    attempts: int = 5
    retry_wait_seconds: float = 1.0
    timeout_seconds: float = 60.0

    def attempt(self) -> Iterator[AbstractContextManager[Any]]:
        """Attempts, each a context; a `Stumbled` inside it leads to the next one until there is none left."""
        return iter(
            stamina.retry_context(
                on=_again,
                attempts=self.attempts,
                timeout=None,
                wait_initial=self.retry_wait_seconds,
                wait_max=LONGEST_WAIT_SECONDS,
                wait_jitter=self.retry_wait_seconds,
            )
        )

    def require_size(self, size: int, folder: Path, address: str) -> None:
        """Refuse a file that is larger than allowed or than the disk has room for.

        Raises:
            SpmError: It is; nothing more of it should be fetched.
        """
        if size > self.max_bytes:
            raise SpmError(
                f"The file is larger than {self.max_bytes:,} bytes",
                file=address,
                remedy="If it is meant to be so large, raise options.max_bytes of its release in sources.yml",
            )
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if shutil.disk_usage(there).free < size * COPIES + SPARE_BYTES:
            raise SpmError(
                f"The disk has no room for {size:,} bytes twice, as a fetch needs them",
                file=address,
                remedy="Free some space where the snapshots are kept, then refresh again",
            )


def limits_of(wanted: Wanted) -> Limits:
    """The bounds that a release sets, else the usual ones.

    Raises:
        SpmError: An option is not a number above zero.
    """
    usual = Limits()
    return Limits(
        max_bytes=int(_number(wanted, "max_bytes", usual.max_bytes)),
        attempts=int(_number(wanted, "attempts", usual.attempts)),
        retry_wait_seconds=_number(wanted, "retry_wait_seconds", usual.retry_wait_seconds),
        timeout_seconds=_number(wanted, "timeout_seconds", usual.timeout_seconds),
    )


def require_known_options(wanted: Wanted, known: frozenset[str]) -> None:
    """Refuse an option that nothing reads: it would be a mistake that stays unseen.

    Raises:
        SpmError: There is one.
    """
    given = {n for n in wanted.release.options if not (is_own_header(n) or is_own_descriptor(n))}
    if strangers := sorted(given - known):
        raise option_error(
            wanted,
            strangers[0],
            f"Nothing reads the option {strangers[0]!r}",
            f"Use {', '.join(sorted(known))}",
        )


def option_error(wanted: Wanted, name: str, what: str, remedy: str) -> SpmError:
    """A mistake in an option of the release."""
    column = f"sources.{wanted.source.id}.releases.options.{name}"
    return SpmError(what, file="sources.yml", column=column, remedy=remedy)


def closing(callback: Callable[[], object]) -> Callable[[], None]:
    """A callback for clean-up whose own trouble is nobody's: the transfer has ended by then."""

    def close() -> None:
        with suppress(Exception):  # a connection that cannot be closed is closed
            callback()

    return close


def _note(details: RetryDetails) -> None:
    """Log that an attempt follows, in words of ours: another exception's may hold an address with a key."""
    problem = details.caused_by
    what = problem.what if isinstance(problem, Stumbled) else type(problem).__name__
    _log.info("%s; attempt %d follows in %.1f s", what, details.retry_num + 1, details.wait_for)


# stamina's own hook prints every retry to the standard output, where a command's answer stands.
set_on_retry_hooks([_note])


def _again(problem: Exception) -> bool | float:
    if not isinstance(problem, Stumbled):
        return False
    return True if problem.wait is None else min(problem.wait, LONGEST_WAIT_SECONDS)


def _number(wanted: Wanted, name: str, usual: float) -> float:
    text = wanted.release.options.get(name)
    if text is None:
        return usual
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise option_error(wanted, name, "The option is not a number above zero", "Write it such as '60'")
    return number
