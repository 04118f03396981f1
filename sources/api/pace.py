"""How often an API is asked: so many requests a second, a minute, a day.

Put here: waiting and counting. Not here: waits that a server asks for (`client`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sources.api.private import write_private
from sources.api.spec import Rate
from warehouse.model.errors import SpmError


class Pace:
    """Spaces requests evenly, and keeps the day's number in a file so that runs share it.

    Args:
        rate: The limits.
        file: Where the day's number is kept.
        title: Of the source, for the message.
        clock: Monotonic seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        rate: Rate,
        file: Path,
        title: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        gaps = [1 / rate.per_second] if rate.per_second else []
        gaps += [60 / rate.per_minute] if rate.per_minute else []
        self._gap = max(gaps, default=0.0)
        self._per_day = rate.per_day
        self._file = file
        self._title = title
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def wait(self) -> None:
        """Wait for one's turn and count the request.

        Raises:
            SpmError: The day's requests are used up.
        """
        self._count()
        if self._gap:
            now = self._clock()
            if now < self._next:
                self._sleep(self._next - now)
            self._next = max(now, self._next) + self._gap

    def _count(self) -> None:
        if self._per_day is None:
            return
        today = datetime.now(UTC).date().isoformat()
        used = self._used(today)
        if used >= self._per_day:
            raise SpmError(
                f"{self._title}: today's {self._per_day} requests are used up",
                file=self._title,
                remedy="Refresh again tomorrow; pages that were received are kept and not asked for again",
            )
        write_private(self._file, json.dumps({"day": today, "requests": used + 1}))

    def _used(self, today: str) -> int:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return 0
        return int(kept["requests"]) if kept.get("day") == today else 0
