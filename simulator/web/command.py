"""The command `python -m simulator serve`.

Put here: its arguments and its one line of output.
Not here: serving (see `serve`).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.settings import SimulatorError
from simulator.web.faults import NAMES
from simulator.web.limits import DEMO_KEY, DEMO_SECRET
from simulator.web.serve import Rules, Systems


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator serve", description="Serve the web systems of a generated Franklin."
    )
    parser.add_argument("--folder", type=Path, required=True, help="as written by --out")
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    parser.add_argument(
        "--faults",
        default="",
        metavar="RULES",
        help=f"names with commas ({', '.join(NAMES)}), or a JSON list",
    )
    parser.add_argument("--limits", default="{}", metavar="JSON", help="limits to change, a JSON object")
    return parser


def _rules(text: str) -> Rules:
    if not text.lstrip().startswith("["):
        return [name.strip() for name in text.split(",") if name.strip()]
    rules = json.loads(text)
    return rules if isinstance(rules, list) else []


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """Serve until interrupted; the first line of output is a JSON object.

    It tells the address, and the variables by which Franklin's agency finds and opens the systems.
    """
    asked = _parser().parse_args(arguments)
    try:
        systems = Systems(asked.folder, asked.port, _rules(asked.faults), json.loads(asked.limits))
    except (SimulatorError, ValueError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell starts what runs behind it with SIGINT ignored
        signal.signal(number, _stop)
    environment = {
        "FRANKLIN_SYSTEMS_URL": systems.url,
        "FRANKLIN_SYSTEMS_KEY": DEMO_KEY,
        "FRANKLIN_SYSTEMS_SECRET": DEMO_SECRET,
    }
    print(
        json.dumps({"url": systems.url, "folder": str(asked.folder), "environment": environment}), flush=True
    )
    try:
        systems.serve_until_interrupted()
    except KeyboardInterrupt:
        return 0
    return 0
