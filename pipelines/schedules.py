"""When jobs run by themselves.

Put here: schedules. Not here: what they run (`jobs`), reactions to runs (`sensors`).
"""

from __future__ import annotations

import dagster as dg

from assets.home import Home


def daily_schedule(home: Home, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Once a day, at the hour of agency.yml, in the agency's own time zone."""
    settings = home.agency.settings
    return dg.ScheduleDefinition(
        name="daily_refresh",
        job=job,
        cron_schedule=f"{settings.schedule.minute} {settings.schedule.hour} * * *",
        execution_timezone=settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Refresh and publish every day ({settings.time_zone})",
    )
