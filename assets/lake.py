"""The lake: versioned Parquet files, and which version of each table and year is the accepted one.

Put here: where a table's files stand, and how they come into being whole. Not here: what is in them.

A *node* is a table of a layer, such as `core/chronic_absence`; its *state* says how the last attempt for a
school year ended and which version was last accepted. A version's file never changes once it has its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["ok", "failed", "blocked"]


@dataclass(frozen=True)
class Node:
    """A table of a layer."""

    layer: Literal["raw", "core", "measures"]
    table: str

    @property
    def name(self) -> str:
        """As SQL and people name it, such as `core.chronic_absence`."""
        return f"{self.layer}.{self.table}"


@dataclass(frozen=True)
class NodeState:
    """How a node stands for one school year.

    `accepted` is the data version that downstream may read; `version` the one of the last attempt.
    """

    outcome: Outcome
    version: str | None = None
    accepted: str | None = None
    accepted_rows: int = 0
    reason: str | None = None
    claim: str | None = None
    at: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the last attempt ended with an accepted version."""
        return self.outcome == "ok"


class Lake:
    """Files under `<home>/lake`, one folder per layer, table and school year."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, node: Node, school_year: int | None) -> Path:
        """The folder of a node's year; `all` for tables without years."""
        return self.root / node.layer / node.table / f"school_year={school_year or 'all'}"

    def file(self, node: Node, school_year: int | None, version: str, part: str = "") -> Path:
        """The file of a version; a node of several tables (a source) names the table in `part`."""
        name = f"{part}.{version}" if part else version
        return self.folder(node, school_year) / f"{name}.parquet"

    @contextmanager
    def writing(self, file: Path, *, restricted: bool) -> Iterator[Path]:
        """Give a temporary name to write to, and move it to `file` once it is whole."""
        self._make_folder(file.parent, restricted=restricted)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
        if restricted:
            # Ours before the first byte: whoever writes to it would make it with the process's umask.
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        try:
            yield temporary
            if restricted:
                temporary.chmod(0o600)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)

    def state(self, node: Node, school_year: int | None) -> NodeState | None:
        """How a node stands for a year; None when it was never attempted."""
        path = self.folder(node, school_year) / "state.json"
        try:
            return NodeState(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def accept(self, node: Node, school_year: int | None, version: str, rows: int) -> None:
        """Let downstream read this version."""
        self._save(node, school_year, NodeState("ok", version, version, rows, at=_now()))

    def fail(
        self,
        node: Node,
        school_year: int | None,
        *,
        reason: str,
        claim: str | None = None,
        version: str | None = None,
        outcome: Outcome = "failed",
    ) -> None:
        """Record a failed attempt; the accepted version stays."""
        before = self.state(node, school_year) or NodeState("failed")
        failed = replace(before, outcome=outcome, version=version, reason=reason, claim=claim, at=_now())
        self._save(node, school_year, failed)

    def read_json(self, node: Node, school_year: int | None, name: str) -> Any:
        """A small fact kept beside the files, such as the last check results; None when absent."""
        try:
            text = (self.folder(node, school_year) / f"{name}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return json.loads(text)

    def write_json(
        self, node: Node, school_year: int | None, name: str, content: Any, *, restricted: bool = False
    ) -> None:
        """Keep a small fact beside the files, whole or not at all."""
        with self.writing(
            self.folder(node, school_year) / f"{name}.json", restricted=restricted
        ) as temporary:
            temporary.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")

    def _save(self, node: Node, school_year: int | None, state: NodeState) -> None:
        self.write_json(node, school_year, "state", asdict(state))

    def _make_folder(self, folder: Path, *, restricted: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if restricted:
            folder.chmod(0o700)
            folder.parent.chmod(0o700)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
