"""Serves the web systems of a generated Franklin, for people and for tests.

Put here: loading a folder, the systems' prefixes, start and stop.
Not here: HTTP (see `server`), what is answered (see `answer_*`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from simulator.settings import SimulatorError
from simulator.web import hold_urban
from simulator.web.answer_edfi import EdFi
from simulator.web.answer_fac import Fac
from simulator.web.answer_sam import Sam
from simulator.web.answer_urban import Urban
from simulator.web.answer_usaspending import UsaSpending
from simulator.web.collect import ABOUT, edfi_file, records_file
from simulator.web.edfi_store import Ods
from simulator.web.faults import Faults
from simulator.web.holding import Record, read_records
from simulator.web.limits import Limits
from simulator.web.server import Front, Switchboard, System, listen

FAC_TABLES = ("general", "federal_awards", "findings")
Rules = Sequence[Mapping[str, object] | str]


def load(folder: Path, board: Switchboard) -> dict[str, System]:
    """Load all systems of a folder written by `python -m simulator --out`.

    Raises:
        SimulatorError: There are none.
    """
    web = folder / "web"
    if not (web / ABOUT).is_file():
        raise SimulatorError(
            f"{folder} holds no web systems; write it by python -m simulator --out {folder}."
        )
    years = json.loads((web / ABOUT).read_text(encoding="utf-8"))["school_years"]

    def held(system: str, name: str) -> list[Record]:
        return read_records(records_file(web, system, name))

    return {
        "edfi": EdFi({year: Ods.of(edfi_file(web, year)) for year in years}, board),
        "usaspending": UsaSpending(held("usaspending", "awards"), held("usaspending", "subawards"), board),
        "fac": Fac({name: held("fac", name) for name in FAC_TABLES}, board),
        "sam": Sam(held("sam", "reports"), board),
        "urban": Urban({name: held("urban", name) for name in hold_urban.ENDPOINTS}, board),
    }


class Systems:
    """The systems of a folder, served on loopback while the context lasts.

    Args:
        folder: As written by the simulator.
        port: 0 takes a free one.
        faults: Rules, see `simulator.web.faults`.
        limits: Changes of `simulator.web.limits`.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        faults: Rules = (),
        limits: Mapping[str, object] | None = None,
    ) -> None:
        self._board = Switchboard(Limits().changed(limits or {}), Faults(faults))
        self._front = Front(load(folder, self._board), self._board)
        self._server = listen(self._front, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Systems:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def requests(self) -> dict[str, object]:
        """The request log: `total`, `conditional`, `paths` (counts) and `requests`."""
        return self._front.log.told()

    def forget(self) -> None:
        """Empty the request log."""
        self._front.log.clear()

    def faults(self, *rules: Mapping[str, object] | str) -> None:
        """Replace the faults in force."""
        self._board.faults.set(rules)

    def limits(self, **changes: object) -> None:
        """Change limits."""
        self._board.limits = self._board.limits.changed(changes)

    def advance(self) -> bool:
        """Let the next batch of Ed-Fi changes happen; say whether there was one."""
        response = self._front.systems["edfi"].control("advance")
        return response is not None and bool(json.loads(response.body)["advanced"])

    def serve_until_interrupted(self) -> None:
        """Serve in this thread."""
        try:
            self._server.serve_forever(0.2)
        finally:
            self._server.server_close()
