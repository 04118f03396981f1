"""`spm dev`: Dagster's web page, with its history in this agency's working folder.

Put here: how the server is started. Not here: what it loads (`definitions`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from assets.home import claim_home, open_home
from pipelines.instance import quiet_environment
from warehouse.model.places import PROJECT


def run(host: str, port: int) -> NoReturn:
    """Become `dagster dev`."""
    home = open_home()
    claim_home(home)
    environment = {
        **os.environ,
        **quiet_environment(home.root),
        "SPM_HOME": str(home.root),
        "SPM_AGENCY": str(home.agency.folder.resolve()),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")])),
    }
    dagster = Path(sys.executable).with_name("dagster")
    print(f"{home.agency.settings.name}: http://{host}:{port}   (stop with Ctrl-C)", flush=True)
    command = [str(dagster), "dev", "-w", "workspace.yaml", "--host", host, "--port", str(port)]
    os.chdir(PROJECT)
    # Takes the place of this process, so that whoever stops it stops Dagster and leaves no orphan.
    os.execve(command[0], command, environment)  # noqa: S606 - the environment's own dagster
