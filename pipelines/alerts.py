"""The one way by which people are told of failures, from the command line and from sensors alike.

Put here: update the outbox, then deliver what waits. Not here: what is wrong (`findings`), when this is
called (`refresh`, `sensors`). Calling it again tells nobody twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assets.home import Home
from pipelines.findings import Observation, nodes_of, observe
from pipelines.outbox import Message, Outbox, opened, save

LOG = "log"
WEBHOOK = "webhook"
WEBHOOK_SECONDS = 10.0
LOG_FILE = "alerts.jsonl"


@dataclass(frozen=True)
class AlertReport:
    """What a call came to: messages that are new, and how many wait for a route to accept them."""

    added: tuple[Message, ...]
    waiting: int
    last_error: str | None


def send_alerts(home: Home, *, also: Iterable[Observation] = (), run_id: str | None = None) -> AlertReport:
    """Tell of every failure that nobody was told of yet, and of every recovery; retry what was not accepted.

    Args:
        home: The home whose lake is looked at.
        also: What the lake does not know, such as how the publication ended.
        run_id: The run that led here, so that a message can name it.
    """
    routes = {LOG: _to_log(alerts_folder(home.root) / LOG_FILE)}
    address = webhook_address(home)
    if address is not None:
        routes[WEBHOOK] = _to_webhook(address)
    with opened(alerts_folder(home.root)) as (outbox, file):
        seen = [*_forgotten(home, outbox), *observe(home), *also]
        added = outbox.update(seen, list(routes), run_id)
        # Saved before anything is sent: a crash then repeats a delivery rather than losing it.
        save(outbox, file)
        _deliver(outbox, file, routes)
        waiting = [message for message in outbox.messages if message.waiting]
        error = next((m.last_error for m in reversed(waiting) if m.last_error), None)
        return AlertReport(tuple(added), len(waiting), error)


def alerts_folder(root: Path) -> Path:
    """Where the log of alerts and the outbox are."""
    return root / "alerts"


def webhook_address(home: Home) -> str | None:
    """The webhook's address, from the environment variable that agency.yml names; a secret, never shown."""
    name = home.agency.settings.alerts.webhook_url_env
    return (home.environment.get(name) or os.environ.get(name)) if name else None


def _forgotten(home: Home, outbox: Outbox) -> list[Observation]:
    """Tables and years of open episodes that the agency no longer declares: nothing judges them again."""
    layers = ("raw.", "core.", "measures.")
    known = {node.name for node, _ in nodes_of(home)}
    years = home.agency.settings.school_years
    return [
        Observation(f.table, f.school_year, (), True)
        for f in (episode.finding for episode in outbox.episodes.values())
        if f.table.startswith(layers) and (f.table not in known or f.school_year not in years)
    ]


def _deliver(outbox: Outbox, file: Path, routes: dict[str, Callable[[Message], str | None]]) -> None:
    """Send each waiting message by each of its routes; a route that refuses is left for the next call."""
    refused: set[str] = set()
    for message in list(outbox.messages):
        for name in list(message.waiting):
            if name in refused or name not in routes:
                continue
            message.attempts += 1
            message.last_error = routes[name](message)
            if message.last_error is None:
                message.waiting.remove(name)
            else:
                refused.add(name)
            save(outbox, file)


def _to_log(file: Path) -> Callable[[Message], str | None]:
    def append(message: Message) -> str | None:
        try:
            if message.message_id in _logged(file):
                return None
            file.touch(mode=0o600)
            with file.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(message.body(), ensure_ascii=False) + "\n")
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as problem:
            return f"the log could not be written ({type(problem).__name__})"
        return None

    return append


def _logged(file: Path) -> set[str]:
    if not file.exists():
        return set()
    with file.open(encoding="utf-8") as handle:
        return {json.loads(line)["message_id"] for line in handle if line.endswith("\n")}


def _to_webhook(address: str) -> Callable[[Message], str | None]:
    def post(message: Message) -> str | None:
        import httpx

        try:
            answer = httpx.post(
                address,
                json=message.body(),
                headers={"Idempotency-Key": message.message_id},
                timeout=WEBHOOK_SECONDS,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            return f"the webhook did not answer ({type(problem).__name__})"
        return None if answer.is_success else f"the webhook answered {answer.status_code}"

    return post
