"""Which code made a release.

Put here: the commit of the checkout. Not here: data versions (`assets/version`).
"""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache

from warehouse.model.places import PROJECT

UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def code_version() -> str:
    """The short commit id, with `+changes` when files differ from it; `unknown` outside a git checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return UNKNOWN
    return commit + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, in our own checkout
            [program, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
