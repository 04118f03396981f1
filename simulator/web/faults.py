"""Faults that a test switches on while the systems run.

Put here: which fault meets which request, and what it does to the answer.
Not here: the systems; they ask `shuffled` and `lie` and know nothing else of faults.

A fault is a rule: a name, the addresses it meets (`path`, by prefix), how many answers it spoils (`times`,
without end when absent), whether every one or only every n-th (`every`), and with what chance (`chance`,
drawn from a seed, so that a run can be repeated).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from simulator.settings import SimulatorError
from simulator.web.wire import Request, Response, answer

Row = TypeVar("Row")

# What is done to an answer, in this order; the others are asked for by the systems themselves.
BEFORE = ("slow", "error", "too_many_requests", "token_expired")
AFTER = ("truncated_json", "html_page", "cut")
IN_ROWS = ("lying_total", "repeated_rows", "moving_row")
NAMES = (*BEFORE, *AFTER, *IN_ROWS)
HTML = b"<!DOCTYPE html><html><head><title>Service notice</title></head><body>Maintenance</body></html>"


@dataclass
class Fault:
    """One rule."""

    fault: str
    path: str = "/"
    times: int | None = None
    every: int = 1
    chance: float = 1.0
    seed: int = 7
    status: int = 500  # error
    seconds: float = 0.2  # slow
    retry_after: str = "1"  # too_many_requests, error 503
    amount: int = 1  # lying_total, repeated_rows

    def __post_init__(self) -> None:
        if self.fault not in NAMES:
            raise SimulatorError(f"No fault {self.fault!r}; there are {', '.join(NAMES)}.")
        self.met = 0
        self.draw = random.Random(self.seed)  # noqa: S311 - repeatable noise, no secret

    def strikes(self, path: str) -> bool:
        """Say whether this request is spoiled, and count it."""
        if not path.startswith(self.path) or self.times == 0:
            return False
        self.met += 1
        if self.met % self.every or self.draw.random() >= self.chance:
            return False
        if self.times is not None:
            self.times -= 1
        return True


def fault_of(rule: Mapping[str, object] | str) -> Fault:
    """Read a rule; a bare name is a rule with nothing else said.

    Raises:
        SimulatorError: The rule has no name, or a setting nobody knows.
    """
    if isinstance(rule, str):
        return Fault(rule)
    known = {item.name for item in fields(Fault)}
    strangers = sorted(set(rule) - known)
    if strangers or "fault" not in rule:
        raise SimulatorError(f"A fault is told by {sorted(known)}, not by {strangers or 'nothing'}.")
    return Fault(**rule)  # type: ignore[arg-type]


class Faults:
    """The rules in force."""

    def __init__(self, rules: Sequence[Mapping[str, object] | str] = ()) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self.set(rules)

    def set(self, rules: Sequence[Mapping[str, object] | str]) -> None:
        """Replace all rules."""
        made = [fault_of(rule) for rule in rules]
        with self._lock:
            self._rules = made

    def told(self) -> list[dict[str, object]]:
        """The rules in force as plain values."""
        names = [item.name for item in fields(Fault)]
        with self._lock:
            return [{name: getattr(rule, name) for name in names} for rule in self._rules]

    def struck(self, name: str, path: str) -> Fault | None:
        """Give the first rule of a name that meets this request."""
        with self._lock:
            for rule in self._rules:
                if rule.fault == name and rule.strikes(path):
                    return rule
        return None

    def before(self, request: Request) -> Response | None:
        """Wait, or answer in the system's stead."""
        if slow := self.struck("slow", request.path):
            time.sleep(slow.seconds)
        if rule := self.struck("error", request.path):
            headers = {"Retry-After": rule.retry_after} if rule.status == 503 else {}
            return answer({"message": "An unexpected error occurred."}, rule.status, headers)
        if rule := self.struck("too_many_requests", request.path):
            return answer({"message": "Too many requests."}, 429, {"Retry-After": rule.retry_after})
        return None

    def after(self, request: Request, response: Response) -> tuple[Response, bool]:
        """Damage an answer; the flag says that the connection is to be cut in its middle."""
        if self.struck("html_page", request.path):
            return Response(200, HTML, {}, "text/html; charset=utf-8"), False
        if self.struck("truncated_json", request.path):
            response = replace(response, body=response.body[: len(response.body) * 2 // 3])
        return response, self.struck("cut", request.path) is not None

    def lie(self, path: str, total: int) -> int:
        """Give the total to promise."""
        rule = self.struck("lying_total", path)
        return total + rule.amount if rule else total

    def shuffled(self, path: str, rows: Sequence[Row], offset: int) -> Sequence[Row]:
        """Give the rows in the order this page sees them.

        `repeated_rows`: some rows stand twice, so the last pages hold what a promised total leaves out.
        `moving_row`: from the second page on the first row stands last: one row is seen twice, one never.
        """
        if rows and (rule := self.struck("repeated_rows", path)):
            step = max(1, len(rows) // (rule.amount + 1))
            doubled = set(range(step - 1, step * rule.amount, step))
            rows = [row for i, row in enumerate(rows) for _ in range(2 if i in doubled else 1)]
        if offset and self.struck("moving_row", path):
            rows = [*rows[1:], rows[0]] if rows else rows
        return rows
