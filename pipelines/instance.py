"""Dagster's own working folder, `<home>/dagster`: run history and event log.

Put here: where it is and how it is set up. Not here: what runs (`jobs`). Importing this module does not
import Dagster, so that the command line can name the folder at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

# Compute logs are off: Dagster would keep all that libraries print, and nobody can promise what that holds.
# One run at a time: runs of one home share its lake, and a queue is friendlier than the lock's refusal.
SETTINGS = """\
# Written by spm; change it freely, it is not written again.
telemetry:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:
  runs:
    max_concurrent_runs: 1
"""

OWN_STORAGE = ("storage:", "event_log_storage:", "run_storage:", "schedule_storage:")
COMMAND_LINE = "command-line.yaml"
EVENT_LOG = """
event_log_storage:
  module: pipelines.event_log
  class: KeptOpenEventLog
  config:
    base_dir: "{folder}"
"""


def dagster_home(root: Path) -> Path:
    """The folder, created with its settings if it is not there yet, private like all run history."""
    folder = root / "dagster"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        temporary = settings.with_name(f".dagster.{os.getpid()}.yaml")
        temporary.write_text(SETTINGS, encoding="utf-8")
        temporary.replace(settings)
    return folder


def quiet_environment(root: Path) -> dict[str, str]:
    """What must be set for Dagster and Great Expectations to use the folder and send nothing anywhere."""
    return {
        "DAGSTER_HOME": str(dagster_home(root)),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "GX_ANALYTICS_ENABLED": "false",
    }


def open_instance(root: Path) -> DagsterInstance:
    """The instance that keeps the runs of this home.

    Unless dagster.yaml names a storage of the agency's own, this process writes Dagster's SQLite files by
    connections that stay open (see `event_log`); the files are the same for everybody.
    """
    os.environ.update(quiet_environment(root))
    import dagster as dg

    folder = dagster_home(root)
    settings = (folder / "dagster.yaml").read_text(encoding="utf-8")
    if any(line.startswith(OWN_STORAGE) for line in settings.splitlines()):
        return dg.DagsterInstance.from_config(str(folder))
    ours = folder / COMMAND_LINE
    ours.write_text(settings + EVENT_LOG.format(folder=folder / "history" / "runs"), encoding="utf-8")
    return dg.DagsterInstance.from_config(str(folder), ours.name)
