"""A copy of the project in which a test adds one thing and then uses the copy as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from small_state import write_files

PROJECT = Path(__file__).resolve().parents[2]


class Tree:
    """The copy; `touched` are the files that a test added or changed, relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: list[str] = []

    def add(self, path: str, text: str) -> None:
        """A file that was not there."""
        assert not (self.root / path).exists(), path
        self._write(path, text)

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a part of a file that occurs once."""
        before = (self.root / path).read_text(encoding="utf-8")
        assert before.count(old) == 1, (path, before.count(old))
        self._write(path, before.replace(old, new))

    def data(self, name: str, text: str) -> None:
        """A publisher's file, which is no part of the project."""
        write_files(self.root / "data", {name: text})

    def refresh(self, *, agency: str = "littleland", checks: str = "stand-in") -> dict[str, Any]:
        """What `run_in_tree.py` finds, by a Python of its own that sees only the copy."""
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                str(p) for p in (self.root, PROJECT / "tests", PROJECT / "tests" / "assets")
            ),
            "SPM_AGENCY": f"agencies/{agency}",
            "SPM_HOME": str(self.root / "home"),
            "SPM_DATA": str(self.root / "data"),
            "DAGSTER_HOME": str(self.root / "dagster"),
        }
        (self.root / "dagster").mkdir()
        program = Path(__file__).with_name("run_in_tree.py")
        done = subprocess.run(
            [sys.executable, str(program), checks],
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def golden_pairs(self, source_id: str) -> str:
        """What pytest says of a source's golden pairs, by the project's own test and the copy's sources."""
        env = {**os.environ, "PYTHONPATH": str(self.root)}
        test = PROJECT / "tests" / "sources" / "test_golden_pairs.py"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test), "-k", source_id]
        done = subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, timeout=240, check=False
        )
        return done.stdout

    def _write(self, path: str, text: str) -> None:
        write_files(self.root, {path: text})
        self.touched.append(path)
