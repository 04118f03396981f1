"""The command that writes the data dictionary.

Put here: the folder and its swap. Not here: the pages (`pipelines/dictionary`).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from assets.home import open_home
from pipelines.dictionary import dictionary
from pipelines.terminal import console, counted
from warehouse.model.errors import SpmError

# The first words of its index, and what stands beside it: nothing else is ever taken away.
_MARK = "# Data dictionary of "
_INDEX = "index.md"
_OWN = {_INDEX, "core", "measures", "sources", "tables"}


def run(folder: Path | None) -> int:
    """Write every page into a folder, in place of an earlier dictionary."""
    home = open_home()
    target = (folder or home.root / "reports" / "dictionary").resolve()
    if target.exists() and not _is_replaceable(target):
        raise SpmError(
            "The folder holds something else than a dictionary",
            file=str(target),
            remedy="Name an empty folder, or one that was written by this command",
        )
    pages = dictionary(home)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for name, text in pages.items():
        file = part / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    console().print(f"{counted(len(pages), 'page')} in {target}", soft_wrap=True)
    return 0


def _is_replaceable(target: Path) -> bool:
    """Whether a folder is empty or an earlier dictionary with nothing of anybody else in it."""
    if not target.is_dir():
        return False
    found = {path.name for path in target.iterdir()}
    if not found:
        return True
    index = target / _INDEX
    is_ours = index.is_file() and index.read_text(encoding="utf-8", errors="replace").startswith(_MARK)
    return is_ours and found <= _OWN
