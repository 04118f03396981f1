"""Messages that wait to be accepted: episodes of failure and what was said of each.

Put here: what is kept between runs, and when a message comes into being. Not here: where messages go
(`delivery`), what is wrong (`findings`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from pipelines.findings import Finding, Observation

MessageKind = Literal["failure", "recovery"]


@dataclass
class Message:
    """Something to tell, and the routes that have not accepted it yet."""

    message_id: str
    kind: MessageKind
    at: str
    severity: Literal["error", "warning"]
    claim: str
    table: str
    school_year: int | None
    owner: str
    measures: list[str]
    objectives: list[str]
    text: str
    run_id: str | None = None
    waiting: list[str] = field(default_factory=list)
    attempts: int = 0
    last_error: str | None = None

    def body(self) -> dict[str, Any]:
        """What is sent: everything but the bookkeeping."""
        inner = ("waiting", "attempts", "last_error")
        return {name: value for name, value in asdict(self).items() if name not in inner}


@dataclass
class Episode:
    """One claim of one table and year that fails since `opened_at`."""

    opened_at: str
    finding: Finding


@dataclass
class Outbox:
    """Open episodes by key, and messages not accepted by every route yet."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def update(
        self, observations: Iterable[Observation], routes: Sequence[str], run_id: str | None = None
    ) -> list[Message]:
        """Open an episode for what newly fails, close one for what holds again; one message each.

        Observing the same twice adds nothing. An episode closes only on evidence: its table and year were
        judged and the claim was not among the failures.
        """
        added: list[Message] = []
        for seen in observations:
            failing = {finding.key: finding for finding in seen.findings}
            for key, finding in failing.items():
                if key not in self.episodes:
                    self.episodes[key] = Episode(_now(), finding)
                    added.append(_message("failure", self.episodes[key], routes, run_id))
            if seen.is_complete:
                for key in [k for k in self._open_at(seen) if k not in failing]:
                    added.append(_message("recovery", self.episodes.pop(key), routes, run_id))
        self.messages += added
        return added

    def _open_at(self, seen: Observation) -> list[str]:
        return [
            key
            for key, episode in self.episodes.items()
            if (episode.finding.table, episode.finding.school_year) == (seen.table, seen.school_year)
        ]


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Outbox, Path]]:
    """The outbox of a home, held alone, with its file; `save` it whenever something was accepted."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "outbox.json"
    with FileLock(folder / "outbox.lock", mode=0o600, timeout=120):
        yield _load(file), file


def save(outbox: Outbox, file: Path) -> None:
    """Write the outbox, whole or not at all; messages that every route accepted are forgotten."""
    outbox.messages = [message for message in outbox.messages if message.waiting]
    text = json.dumps(asdict(outbox), indent=1, sort_keys=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def _load(file: Path) -> Outbox:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Outbox()
    episodes = {
        key: Episode(episode["opened_at"], _finding(episode["finding"]))
        for key, episode in kept["episodes"].items()
    }
    return Outbox(episodes, [Message(**message) for message in kept["messages"]])


def _finding(kept: dict[str, Any]) -> Finding:
    lists = {name: tuple(kept[name]) for name in ("measures", "objectives")}
    return Finding(**{**kept, **lists})


def _message(kind: MessageKind, episode: Episode, routes: Sequence[str], run_id: str | None) -> Message:
    finding = episode.finding
    year = "" if finding.school_year is None else f", school year {finding.school_year}"
    if kind == "failure":
        text = finding.text + _stake(finding)
    else:
        since = episode.opened_at[:16].replace("T", " ")
        what = "in order again" if finding.is_of_step else f"{finding.claim} holds again, or is waived"
        text = f"{finding.table}{year}: {what}. It had failed since {since} UTC."
    return Message(
        message_id=f"{finding.key}|{episode.opened_at}|{kind}",
        kind=kind,
        at=_now(),
        severity="error" if finding.stops else "warning",
        claim=finding.claim,
        table=finding.table,
        school_year=finding.school_year,
        owner=finding.owner,
        measures=list(finding.measures),
        objectives=list(finding.objectives),
        text=text,
        run_id=run_id,
        waiting=list(routes),
    )


def _stake(finding: Finding) -> str:
    if not finding.measures:
        return ""
    serving = f", which serve {', '.join(finding.objectives)}" if finding.objectives else ""
    return f" At stake: {', '.join(finding.measures)}{serving}."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
