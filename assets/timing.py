"""Where the seconds of a run go.

Put here: the collector that steps write into. Not here: how the split is shown (`pipelines`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Part = Literal["import", "fetch_and_read", "sql", "checks", "publish", "dagster"]


@dataclass
class Timings:
    """Seconds by part of the work; parts do not overlap, as steps run one after another."""

    seconds: dict[Part, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def measure(self, part: Part) -> Iterator[None]:
        """Add the time of the block to a part, also when it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - start

    def add(self, part: Part, seconds: float) -> None:
        """Add time that was measured otherwise."""
        self.seconds[part] += seconds

    @property
    def total(self) -> float:
        """All seconds so far."""
        return sum(self.seconds.values())
